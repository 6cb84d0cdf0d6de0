// SPDX-License-Identifier: GPL-3.0-or-later
#include "gr-prunedamr/lib/zmq_label_sink_impl.h"

#include <gnuradio/io_signature.h>
#include <gnuradio/prunedamr/pmt_label.h>

#include "prunedamr/stream/curve.h"

namespace gr {
namespace prunedamr {

zmq_label_sink::sptr zmq_label_sink::make(const std::string& endpoint, const std::string& topic,
                                          const std::string& key_file, const std::string& client_keys)
{
    return gnuradio::make_block_sptr<zmq_label_sink_impl>(endpoint, topic, key_file, client_keys);
}

zmq_label_sink_impl::zmq_label_sink_impl(const std::string& endpoint, const std::string& topic,
                                         const std::string& key_file, const std::string& client_keys)
    : gr::block("zmq_label_sink", gr::io_signature::make(0, 0, 0), gr::io_signature::make(0, 0, 0))
{
    ::prunedamr::stream::ZmqConfig config;
    config.endpoint = endpoint;
    config.topic = topic;
    if (!key_file.empty())
        config.curve_secret_key = ::prunedamr::stream::read_curve_secret_key(key_file);
    if (!client_keys.empty())
        config.curve_client_keys = ::prunedamr::stream::read_curve_client_keys(client_keys);
    d_sink = ::prunedamr::stream::make_zmq_sink(config);
    if (const std::string address = d_sink->chosen_address(); !address.empty())
        d_logger->info("publishes at {:s}", address);
    if (const auto warning = ::prunedamr::stream::curve_secret_key_warning(key_file))
        d_logger->warn("{:s}", *warning);

    const pmt::pmt_t port = pmt::mp("labels");
    message_port_register_in(port);
    set_msg_handler(port, [this](const pmt::pmt_t& message) { write(message); });
}

void zmq_label_sink_impl::write(const pmt::pmt_t& message)
{
    const bool pdu = !pmt::is_dict(message) && pmt::is_pair(message);
    const pmt::pmt_t label = pdu ? pmt::car(message) : message;
    if (pmt::is_dict(label) && !pmt::is_null(label)) {
        d_sink->write_line(to_json_line(label));
    } else if (!d_warned) {
        d_warned = true;
        d_logger->warn("ignores messages that are neither a dict nor a PDU with metadata");
    }
}

} // namespace prunedamr
} // namespace gr
