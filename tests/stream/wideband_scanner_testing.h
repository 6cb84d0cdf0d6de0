// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/model.h"
#include "prunedamr/stream/wideband_scanner.h"
#include "tests/dsp/signals.h"
#include "tests/stream/small_network.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace prunedamr::test {

inline constexpr double kRate = 16e3;
inline constexpr double kTuned = 433e6;
inline constexpr std::size_t kEpoch = 16384; // of the detector at this rate

inline stream::Model named(const std::string& name)
{
    model::Model model = small_network();
    model.info.name = name;
    engine::EngineConfig config;
    config.max_batch = 5;
    engine::Engine engine(model, config);
    return { std::move(model.info), std::move(engine) };
}

inline stream::ClassifierConfig config()
{
    stream::ClassifierConfig config;
    config.sample_rate_hz = kRate;
    config.center_freq_hz = kTuned;
    config.measure = false; // the network is one of random weights
    return config;
}

/// What a scanner says of the samples, given in chunks.
inline std::vector<stream::LabelEvent> events_of(const Samples& x, std::size_t chunk,
                                                 const stream::ClassifierConfig& c = config())
{
    std::vector<stream::LabelEvent> events;
    stream::WidebandScanner scanner(named("small"), c, [&](const stream::LabelEvent& event) { events.push_back(event); });
    scanner.set_time(0, 0, stream::TimeSource::file);
    for (std::size_t i = 0; i < x.size(); i += chunk)
        scanner.process(x.data() + i, std::min(chunk, x.size() - i));
    scanner.flush();
    return events;
}

inline Samples two_signals(int count)
{
    return band_noise(count, -0.11, 0.10, 1.0, 1) + band_noise(count, 0.2, 0.05, 0.2, 2) +
           white_noise(count, 0.05, 3);
}

} // namespace prunedamr::test
