// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

/// Times are nanoseconds since 1970-01-01 UTC; 64 bits hold the years 1678 to 2261.
namespace prunedamr {

/// The system's clock.
std::int64_t system_time_ns() noexcept;

/// RFC 3339 in UTC with nanoseconds: "2026-01-31T12:00:00.000000000Z".
std::string rfc3339(std::int64_t time_ns);

/// "2026-03-01T12:00:00.123456789Z" or with an offset ("+01:00"), and what recorders write in its place: without
/// zone (then UTC), a space for the T, a comma for the point, without separators (20260301T120000Z), "+00:00Z".
/// Throws `Error` with `where`.
std::int64_t time_from_rfc3339(const std::string& text, const std::string& where);

} // namespace prunedamr
