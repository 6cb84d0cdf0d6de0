// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/rx/sample_source.h"

#include <gnuradio/io_signature.h>

#include <utility>

namespace prunedamr::rx {

sample_source::sptr sample_source::make(Reader reader, std::vector<gr::tag_t> tags)
{
    return gnuradio::make_block_sptr<sample_source>(std::move(reader), std::move(tags));
}

sample_source::sample_source(Reader reader, std::vector<gr::tag_t> tags)
    : gr::sync_block("sample_source", gr::io_signature::make(0, 0, 0),
                     gr::io_signature::make(1, 1, sizeof(gr_complex))),
      reader_(std::move(reader)), tags_(std::move(tags))
{
}

int sample_source::work(int noutput_items, gr_vector_const_void_star&, gr_vector_void_star& output_items)
{
    if (finish_)
        return kEnd;
    try {
        const int count = reader_(static_cast<gr_complex*>(output_items[0]), noutput_items);
        if (count > 0)
            send_tags(nitems_written(0) + static_cast<std::uint64_t>(count));
        return count;
    } catch (const std::exception& error) {
        fault_ = error.what();
        return kEnd;
    }
}

void sample_source::send_tags(std::uint64_t end)
{
    for (; next_tag_ < tags_.size() && tags_[next_tag_].offset < end; ++next_tag_)
        add_item_tag(0, tags_[next_tag_]);
}

} // namespace prunedamr::rx
