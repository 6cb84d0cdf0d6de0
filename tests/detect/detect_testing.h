// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/detect/detector.h"
#include "tests/dsp/signals.h"

#include <map>
#include <ostream>
#include <vector>

namespace prunedamr::detect {

/// An emission as a whole: its parts put together.
struct Found {
    double start_s = 1e300, end_s = 0.0, low_hz = 0.0, high_hz = 0.0;
};

inline std::ostream& operator<<(std::ostream& out, const Found& f)
{
    return out << f.start_s << ".." << f.end_s << " s, " << f.low_hz << ".." << f.high_hz << " Hz";
}

/// All detections of a stream given in chunks.
inline std::vector<Detection> detections_of(Detector& detector, const test::Samples& samples, std::size_t chunk = 1 << 16)
{
    std::vector<Detection> all;
    const auto take = [&] { all.insert(all.end(), detector.detections(), detector.detections() + detector.count()); };
    for (std::size_t at = 0; at < samples.size();) {
        at += detector.process(samples.data() + at, std::min(chunk, samples.size() - at));
        if (detector.complete())
            take();
    }
    detector.finish();
    take();
    return all;
}

inline std::vector<Found> found_in(const test::Samples& samples, double rate_hz)
{
    DetectorConfig config;
    config.sample_rate_hz = rate_hz;
    Detector detector(config);
    std::map<std::uint64_t, std::pair<Found, double>> emissions;
    for (const auto& d : detections_of(detector, samples)) {
        auto& [f, length] = emissions[d.emission];
        const double part = d.end_samples - d.start_samples;
        f.start_s = std::min(f.start_s, d.start_samples / rate_hz);
        f.end_s = std::max(f.end_s, d.end_samples / rate_hz);
        f.low_hz = (f.low_hz * length + d.low_hz * part) / (length + part);
        f.high_hz = (f.high_hz * length + d.high_hz * part) / (length + part);
        length += part;
    }
    std::vector<Found> result;
    for (const auto& entry : emissions)
        result.push_back(entry.second.first);
    return result;
}

/// x[at..] += what is added, as far as it fits.
inline void add(test::Samples& x, const test::Samples& more, std::size_t at = 0)
{
    for (std::size_t i = 0; i < more.size() && at + i < x.size(); ++i)
        x[at + i] += more[i];
}

} // namespace prunedamr::detect
