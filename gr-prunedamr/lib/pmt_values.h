// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <pmt/pmt.h>

#include <cmath>
#include <cstdint>
#include <optional>

namespace gr {
namespace prunedamr {

//! A finite number of any type that blocks put into tags, messages and metadata.
inline std::optional<double> number_in(const pmt::pmt_t& object)
{
    double value = NAN;
    if (pmt::is_real(object))
        value = pmt::to_double(object);
    else if (pmt::is_integer(object))
        value = static_cast<double>(pmt::to_long(object));
    else if (pmt::is_uint64(object))
        value = static_cast<double>(pmt::to_uint64(object));
    return std::isfinite(value) ? std::optional<double>(value) : std::nullopt;
}

// GNU Radio's form of a time: the tuple (uint64 seconds, real fraction).

inline bool is_rx_time(const pmt::pmt_t& object)
{
    constexpr std::uint64_t max_seconds = 9000000000; // nanoseconds fit in 63 bits
    if (!pmt::is_tuple(object) || pmt::length(object) != 2)
        return false;
    const pmt::pmt_t seconds = pmt::tuple_ref(object, 0), fraction = pmt::tuple_ref(object, 1);
    return pmt::is_uint64(seconds) && pmt::to_uint64(seconds) <= max_seconds && pmt::is_real(fraction) &&
           pmt::to_double(fraction) >= 0.0 && pmt::to_double(fraction) < 1.0;
}

inline std::int64_t rx_time_ns(const pmt::pmt_t& time)
{
    const std::int64_t seconds = static_cast<std::int64_t>(pmt::to_uint64(pmt::tuple_ref(time, 0)));
    return seconds * 1000000000 + std::llround(pmt::to_double(pmt::tuple_ref(time, 1)) * 1e9);
}

inline pmt::pmt_t make_rx_time(std::int64_t time_ns)
{
    const std::int64_t fraction = ((time_ns % 1000000000) + 1000000000) % 1000000000;
    return pmt::make_tuple(pmt::from_uint64(static_cast<std::uint64_t>((time_ns - fraction) / 1000000000)),
                           pmt::from_double(static_cast<double>(fraction) / 1e9));
}

} // namespace prunedamr
} // namespace gr
