// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/error.h"
#include "prunedamr/stream/classifier.h"

#include <cmath>
#include <cstdint>
#include <string>

namespace gr
{
namespace prunedamr
{

inline void check_finite(const char* parameter, double value)
{
    if (!std::isfinite(value))
        throw ::prunedamr::Error({ "parameter out of range", parameter, std::to_string(value), "a finite number" });
}

//! What the blocks' parameters have in common; a negative \p min_confidence leaves the threshold to the model.
inline ::prunedamr::stream::ClassifierConfig make_config(double sample_rate, const std::string& source,
                                                         double min_confidence)
{
    check_finite("min_confidence", min_confidence);
    if (!(std::isfinite(sample_rate) && sample_rate > 0))
        throw ::prunedamr::Error(
            { "parameter out of range", "sample_rate", std::to_string(sample_rate), "> 0 Hz" });
    ::prunedamr::stream::ClassifierConfig config;
    config.sample_rate_hz = sample_rate;
    config.source = source;
    if (min_confidence >= 0)
        config.min_confidence = min_confidence;
    return config;
}

inline std::uint64_t interval_samples(double interval_s, double sample_rate)
{
    const double samples = std::round(interval_s * sample_rate);
    if (!(samples >= 0 && samples < 1e15))
        throw ::prunedamr::Error(
            { "parameter out of range", "interval_s", std::to_string(interval_s), "0 or more seconds" });
    return static_cast<std::uint64_t>(samples);
}

} // namespace prunedamr
} // namespace gr
