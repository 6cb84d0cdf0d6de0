// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/classifier_config.h"

#include <cstdint>

namespace prunedamr::test {

inline constexpr int kBlock = 1024;

inline stream::ClassifierConfig config(std::uint64_t interval_samples = 0)
{
    stream::ClassifierConfig c;
    c.sample_rate_hz = 1e6;
    c.center_freq_hz = 433e6;
    c.interval_s = static_cast<double>(interval_samples) / c.sample_rate_hz;
    c.noise_floor_dbfs = -60.0;
    return c;
}

} // namespace prunedamr::test
