// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/signal_classifier.h"

#include <string>

namespace gr {
namespace prunedamr {

//! What the blocks' parameters have in common; a negative \p min_confidence leaves the threshold to the model.
inline ::prunedamr::stream::ClassifierConfig make_config(double sample_rate, const std::string& source,
                                                         double min_confidence)
{
    ::prunedamr::stream::ClassifierConfig config;
    config.sample_rate_hz = sample_rate;
    config.source = source;
    if (!(min_confidence < 0)) // NaN is for the classifier to refuse
        config.min_confidence = min_confidence;
    return config;
}

//! The same with those of the blocks that take a stream.
inline ::prunedamr::stream::ClassifierConfig make_config(double sample_rate, double center_freq, double interval_s,
                                                         const std::string& source, bool live,
                                                         double min_confidence)
{
    ::prunedamr::stream::ClassifierConfig config = make_config(sample_rate, source, min_confidence);
    config.center_freq_hz = center_freq;
    config.interval_s = interval_s;
    config.live = live;
    return config;
}

} // namespace prunedamr
} // namespace gr
