// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace prunedamr::data {

/// "2026-03-01T12:00:00.123456789Z" or with an offset ("+01:00"), and what recorders write in its place: without
/// zone (then UTC), a space for the T, a comma for the point, without separators (20260301T120000Z), "+00:00Z".
/// Returns ns since 1970-01-01 UTC; years 1678 to 2261. Throws `Error` with `where`.
std::int64_t ns_from_iso8601(const std::string& text, const std::string& where);

/// ns since 1970-01-01 UTC to RFC 3339 with nine decimals and "Z".
std::string rfc3339_from_ns(std::int64_t time_ns);

} // namespace prunedamr::data
