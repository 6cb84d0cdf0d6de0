// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/signal_classifier.h"
#include "prunedamr/stream/model.h"

#include <gnuradio/prunedamr/pdu_classifier.h>

namespace gr {
namespace prunedamr {

class pdu_classifier_impl : public pdu_classifier
{
public:
    pdu_classifier_impl(::prunedamr::stream::Model model, double sample_rate, const std::string& source,
                        double min_confidence);

private:
    void handle_pdu(const pmt::pmt_t& message);
    pmt::pmt_t label_burst(const pmt::pmt_t& metadata, const pmt::pmt_t& burst);

    ::prunedamr::stream::SignalClassifier d_classifier;
};

} // namespace prunedamr
} // namespace gr
