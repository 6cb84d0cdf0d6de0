// SPDX-License-Identifier: GPL-3.0-or-later
#include "sample_source.h"

#include <gnuradio/io_signature.h>

#include <utility>

namespace prunedamr::rx {

sample_source::sptr sample_source::make(Reader reader)
{
    return gnuradio::make_block_sptr<sample_source>(std::move(reader));
}

sample_source::sample_source(Reader reader)
    : gr::sync_block("sample_source", gr::io_signature::make(0, 0, 0),
                     gr::io_signature::make(1, 1, sizeof(gr_complex))),
      reader_(std::move(reader))
{
}

int sample_source::work(int noutput_items, gr_vector_const_void_star&, gr_vector_void_star& output_items)
{
    if (finish_)
        return kEnd;
    try {
        return reader_(static_cast<gr_complex*>(output_items[0]), noutput_items);
    } catch (const std::exception& error) {
        fault_ = error.what();
        return kEnd;
    }
}

} // namespace prunedamr::rx
