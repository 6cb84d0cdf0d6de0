// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/classifier_config.h"

#include "prunedamr/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace prunedamr::stream {
namespace {

/// Written so that NaN fails.
void require_range(const char* key, double value, double low, double high, const char* expected)
{
    if (value >= low && value <= high)
        return;
    throw InvalidArgument({ "value out of range", std::string("classifier: ") + key, fmt::format("{:g}", value),
                            expected });
}

} // namespace

void check(const ClassifierConfig& config)
{
    if (config.source.empty() || config.source.size() > 48)
        throw InvalidArgument({ "bad name", "classifier: source", "'" + config.source + "'", "1..48 bytes" });
    require_range("sample_rate_hz", config.sample_rate_hz, 1e-3, 1e12, "1e-3..1e12");
    require_range("center_freq_hz", config.center_freq_hz, -1e15, 1e15, "a finite frequency, at most 1e15");
    require_range("interval_s", config.interval_s, 0, 0x1p40 / config.sample_rate_hz,
                  "0 or more seconds, at most 2^40 samples");
    require_range("noise_floor_dbfs", config.noise_floor_dbfs, -300, 300, "-300..300");
    require_range("squelch_margin_db", config.squelch_margin_db, -300, 300, "-300..300");
    if (config.min_confidence)
        require_range("min_confidence", *config.min_confidence, 0, 1, "0..1");
    if (config.max_lag_s)
        require_range("max_lag_s", *config.max_lag_s, 1e-3, 3600, "1e-3..3600");
    require_range("max_batch", config.max_batch, 1, 64, "1..64");
}

double default_max_lag_s(double sample_rate_hz)
{
    return std::min(1.0, kMostSamplesLate / sample_rate_hz);
}

std::uint64_t sample_count(double time_s, double sample_rate_hz)
{
    return static_cast<std::uint64_t>(std::llround(time_s * sample_rate_hz));
}

} // namespace prunedamr::stream
