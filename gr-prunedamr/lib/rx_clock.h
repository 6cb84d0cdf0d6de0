// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/clock.h"

#include <cstdint>

namespace gr {
namespace prunedamr {

//! Tells from a receiver's repeated time tags whether samples are missing between them.
class rx_clock
{
public:
    explicit rx_clock(double sample_rate) : d_ns_per_sample(1e9 / sample_rate) {}

    //! True when \p time_ns is later than the samples since the last tag can explain, by more than the tolerance of
    //! a clock's stamps.
    bool jumped(std::uint64_t sample, std::int64_t time_ns)
    {
        const double elapsed_ns = static_cast<double>(sample - d_sample) * d_ns_per_sample;
        const double excess_ns = static_cast<double>(time_ns - d_time_ns) - elapsed_ns;
        const double tolerance_ns =
            2 * d_ns_per_sample + ::prunedamr::stream::StreamClock::kStampTolerance * elapsed_ns;
        const bool result = d_running && excess_ns >= tolerance_ns;
        d_sample = sample;
        d_time_ns = time_ns;
        d_running = true;
        return result;
    }

private:
    double d_ns_per_sample;
    std::uint64_t d_sample = 0;
    std::int64_t d_time_ns = 0;
    bool d_running = false;
};

} // namespace prunedamr
} // namespace gr
