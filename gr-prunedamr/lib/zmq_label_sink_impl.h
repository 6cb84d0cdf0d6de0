// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/sinks.h"

#include <gnuradio/prunedamr/zmq_label_sink.h>

namespace gr {
namespace prunedamr {

class zmq_label_sink_impl : public zmq_label_sink
{
public:
    zmq_label_sink_impl(const std::string& endpoint, const std::string& topic, const std::string& key_file,
                        const std::string& client_keys);

private:
    void write(const pmt::pmt_t& message);

    std::unique_ptr<::prunedamr::stream::LineSink> d_sink;
    bool d_warned = false;
};

} // namespace prunedamr
} // namespace gr
