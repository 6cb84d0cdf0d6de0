// SPDX-License-Identifier: GPL-3.0-or-later
#include "gr-prunedamr/lib/pdu_classifier_impl.h"

#include "gr-prunedamr/lib/make_config.h"
#include "gr-prunedamr/lib/pmt_values.h"

#include <gnuradio/io_signature.h>
#include <gnuradio/prunedamr/pmt_label.h>

namespace gr {
namespace prunedamr {
namespace {

const pmt::pmt_t pdus_port = pmt::mp("pdus");
const pmt::pmt_t sample_rate_key = pmt::mp("sample_rate");
const pmt::pmt_t center_frequency_key = pmt::mp("center_frequency");

pmt::pmt_t refuse(const pmt::pmt_t& metadata, const char* reason)
{
    const pmt::pmt_t unknown = pmt::dict_add(metadata, pmt::mp("state"), pmt::mp("unknown"));
    return pmt::dict_add(unknown, pmt::mp("label_error"), pmt::mp(reason));
}

} // namespace

pdu_classifier::sptr pdu_classifier::make(const std::string& model_file, double sample_rate,
                                          const std::string& source, double min_confidence,
                                          const std::string& backend)
{
    return gnuradio::make_block_sptr<pdu_classifier_impl>(::prunedamr::stream::open_model(model_file, { backend }),
                                                          sample_rate, source, min_confidence);
}

pdu_classifier_impl::pdu_classifier_impl(::prunedamr::stream::Model model, double sample_rate,
                                         const std::string& source, double min_confidence)
    : gr::block("pdu_classifier", gr::io_signature::make(0, 0, 0), gr::io_signature::make(0, 0, 0)),
      d_classifier(std::move(model), make_config(sample_rate, source, min_confidence),
                   [](const ::prunedamr::stream::LabelEvent&) {})
{
    message_port_register_in(pdus_port);
    message_port_register_out(pdus_port);
    set_msg_handler(pdus_port, [this](const pmt::pmt_t& message) { handle_pdu(message); });
}

void pdu_classifier_impl::handle_pdu(const pmt::pmt_t& message)
{
    const bool pair = pmt::is_pair(message) && !pmt::is_dict(message);
    const pmt::pmt_t burst = pair ? pmt::cdr(message) : message;
    if (!pair) {
        message_port_pub(pdus_port, pmt::cons(refuse(pmt::make_dict(), "not a PDU"), burst));
    } else if (!pmt::is_dict(pmt::car(message))) {
        message_port_pub(pdus_port, pmt::cons(refuse(pmt::make_dict(), "metadata is not a dict"), burst));
    } else {
        message_port_pub(pdus_port, pmt::cons(label_burst(pmt::car(message), burst), burst));
    }
}

pmt::pmt_t pdu_classifier_impl::label_burst(const pmt::pmt_t& metadata, const pmt::pmt_t& burst)
{
    if (!pmt::is_c32vector(burst))
        return refuse(metadata, "burst is not complex float (c32vector)");
    std::size_t count = 0;
    const gr_complex* samples = pmt::c32vector_elements(burst, count);
    ::prunedamr::stream::LabelEvent event;
    if (!d_classifier.classify_burst(samples, count, event))
        return refuse(metadata, "burst is too short for the model");
    const auto value = [&](const pmt::pmt_t& key) { return number_in(pmt::dict_ref(metadata, key, pmt::PMT_NIL)); };
    const std::optional<double> rate = value(sample_rate_key);
    if (rate && *rate > 0.0) { // frequencies are found relative to the rate
        event.center_freq_hz *= *rate / event.sample_rate_hz;
        event.bandwidth_hz *= *rate / event.sample_rate_hz;
        event.sample_rate_hz = *rate;
    }
    event.center_freq_hz += value(center_frequency_key).value_or(0.0);
    return pmt::dict_update(metadata, to_pmt(event));
}

} // namespace prunedamr
} // namespace gr
