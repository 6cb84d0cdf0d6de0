// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/stream/classifier.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace prunedamr::stream {
namespace {

/// Written so that NaN fails.
void require_range(const char* key, double value, double low, double high, const char* expected)
{
    if (value >= low && value <= high)
        return;
    char found[32];
    std::snprintf(found, sizeof(found), "%g", value);
    throw InvalidArgument({ "value out of range", std::string("classifier: ") + key, found, expected });
}

} // namespace

void check(const ClassifierConfig& config)
{
    if (config.source.empty() || config.source.size() > 48)
        throw InvalidArgument({ "bad name", "classifier: source", "'" + config.source + "'", "1..48 bytes" });
    require_range("sample_rate_hz", config.sample_rate_hz, 1e-3, 1e12, "1e-3..1e12");
    require_range("center_freq_hz", config.center_freq_hz, -1e15, 1e15, "a finite frequency, at most 1e15");
    require_range("interval_samples", static_cast<double>(config.interval_samples), 0, 0x1p40, "0..2^40");
    require_range("burst_gap_s", config.burst_gap_s, 1e-6, 10, "1e-6..10");
    require_range("burst_gap_s in samples", config.bursts ? config.burst_gap_s * config.sample_rate_hz : 1.0, 0,
                  1e8, "at most 1e8");
    require_range("burst_margin_db", config.burst_margin_db, 1, 60, "1..60");
    require_range("max_burst_s", config.max_burst_s, 1e-6, 3600, "1e-6..3600");
    require_range("noise_floor_dbfs", config.noise_floor_dbfs, -300, 300, "-300..300");
    require_range("gate_margin_db", config.gate_margin_db, -300, 300, "-300..300");
    if (config.min_confidence)
        require_range("min_confidence", *config.min_confidence, 0, 1, "0..1");
    require_range("max_lag_s", config.max_lag_s, 1e-3, 3600, "1e-3..3600");
    require_range("max_batch", config.max_batch, 1, 64, "1..64");
}

double max_lag_s(double sample_rate_hz)
{
    return std::min(1.0, kMostSamplesLate / sample_rate_hz);
}

std::uint64_t interval_samples(double interval_s, double sample_rate_hz)
{
    const double samples = std::round(interval_s * sample_rate_hz);
    if (!(samples >= 0 && samples < 1e18))
        throw InvalidArgument(
            { "value out of range", "classifier: interval_s", std::to_string(interval_s), "0 or more seconds" });
    return static_cast<std::uint64_t>(samples);
}

} // namespace prunedamr::stream
