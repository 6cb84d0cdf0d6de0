// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever happens to samples, what comes after it is decided as if it had not happened: every running estimate
// finds back from each of these disturbances within the time that its header states.
#include "prunedamr/stream/model.h"
#include "prunedamr/stream/signal_classifier.h"
#include "prunedamr/stream/wideband_scanner.h"
#include "tests/dsp/signals.h"
#include "tests/stream/small_network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>

using namespace prunedamr;
using namespace prunedamr::stream;
using namespace prunedamr::test;

namespace {

constexpr double kRate = 16e3;
constexpr std::size_t kEpoch = 16384; // of the detector at this rate
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

using Change = std::function<std::complex<float>(std::complex<float>)>;
struct Disturbance {
    const char* name;
    Change change;
};

Change constant(float re, float im)
{
    return [=](std::complex<float>) { return std::complex<float>(re, im); };
}

Change gain_db(double db)
{
    return [gain = static_cast<float>(std::pow(10.0, db / 20))](std::complex<float> x) { return gain * x; };
}

const std::vector<Disturbance>& disturbances()
{
    static const std::vector<Disturbance> all = {
        { "zeros", constant(0, 0) },      { "NaN", constant(kNaN, 0) },       { "infinity", constant(0, -kInf) },
        { "full scale", constant(1, 1) }, { "3e38", constant(3e38f, 3e38f) }, { "1e-40", constant(1e-40f, 0) },
        { "+20 dB", gain_db(20) },        { "-20 dB", gain_db(-20) },         { "+60 dB", gain_db(60) },
        { "-60 dB", gain_db(-60) },
    };
    return all;
}

struct Span {
    std::size_t begin, end;
};

Samples disturbed(Samples x, Span span, const Change& change)
{
    std::transform(x.begin() + static_cast<std::ptrdiff_t>(span.begin),
                   x.begin() + static_cast<std::ptrdiff_t>(span.end),
                   x.begin() + static_cast<std::ptrdiff_t>(span.begin), change);
    return x;
}

/// From the first sample on, one sample, within a gap, across a burst, and all of it that is left to the last
/// 100000.
constexpr Span kSpans[] = { { 0, 1 },         { 0, 33000 },     { 33333, 33334 },
                            { 31000, 41000 }, { 17000, 48000 }, { 5000, 100000 } };

/// Noise of power 1e-3 with a burst 20 dB above it in the last fifth of every 10000 samples.
Samples with_bursts(std::size_t count)
{
    Samples x = white_noise(static_cast<int>(count), 1e-3, 1);
    const Samples signal = fsk(static_cast<int>(count), 0.1, 0.05, 0.01, 2) * 0.316f;
    for (std::size_t i = 0; i < count; ++i)
        if (i % 10000 >= 8000)
            x[i] += signal[i];
    return x;
}

ClassifierConfig config()
{
    ClassifierConfig config;
    config.sample_rate_hz = kRate;
    config.interval_s = 4096 / kRate;
    return config;
}

std::vector<LabelEvent> events_of(StreamClassifier& classifier, std::vector<LabelEvent>& events, const Samples& x)
{
    classifier.set_time(0, 0, TimeSource::file);
    for (std::size_t at = 0; at < x.size(); at += 5000)
        classifier.process(x.data() + at, std::min<std::size_t>(5000, x.size() - at));
    classifier.flush();
    return std::move(events);
}

std::vector<LabelEvent> events_of(const Samples& x, const ClassifierConfig& config)
{
    std::vector<LabelEvent> events;
    SignalClassifier classifier(small_network(), config, [&](const LabelEvent& event) { events.push_back(event); });
    return events_of(classifier, events, x);
}

std::vector<LabelEvent> scan(const Samples& x)
{
    const model::Model model = small_network();
    std::vector<LabelEvent> events;
    WidebandScanner scanner({ model.info, engine::Engine(model, {}) }, config(),
                            [&](const LabelEvent& event) { events.push_back(event); });
    return events_of(scanner, events, x);
}

/// From the first epoch on that was free of the disturbance and has one before it that was, too: what is on at the end
/// of an epoch is followed into the next.
std::size_t free_from(Span span)
{
    return ((span.end + kEpoch / 32) / kEpoch + 2) * kEpoch;
}

/// Starts of the bursts of `with_bursts` among events from sample `from` on.
std::vector<std::uint64_t> bursts_in(const std::vector<LabelEvent>& events, std::size_t from)
{
    std::vector<std::uint64_t> starts;
    for (const LabelEvent& event : events)
        if (event.sample_start >= from && std::abs(static_cast<double>(event.sample_count) - 2000.0) < 400.0 &&
            std::abs(static_cast<double>(event.sample_start % 10000) - 8000.0) < 300.0)
            starts.push_back(event.sample_start);
    return starts;
}

/// How many events from sample `from` on are about a signal, whatever it is.
std::size_t signals_in(const std::vector<LabelEvent>& events, std::size_t from)
{
    return static_cast<std::size_t>(std::count_if(events.begin(), events.end(), [&](const LabelEvent& event) {
        return event.sample_start >= from && event.state != State::noise;
    }));
}

/// Those that begin at `from` or later, without their numbers.
std::vector<std::string> lines_from(std::vector<LabelEvent> events, std::size_t from)
{
    std::vector<std::string> lines;
    for (LabelEvent& event : events) {
        event.seq = 0;
        if (event.sample_start >= from)
            lines.push_back(to_json_line(event));
    }
    return lines;
}

} // namespace

TEST(Recovery, BurstsAfterADisturbanceAreFoundAsWithoutIt)
{
    const Samples x = with_bursts(200'000);
    const auto clean = scan(x);
    for (const Span span : kSpans)
        for (const auto& [name, change] : disturbances()) {
            const auto found = scan(disturbed(x, span, change));
            const std::size_t from = free_from(span);
            ASSERT_GE(bursts_in(clean, from).size(), 6u);
            EXPECT_EQ(bursts_in(found, from), bursts_in(clean, from)) << name << ", " << span.begin << ".." << span.end;
            EXPECT_EQ(signals_in(found, from), signals_in(clean, from)) << name << ", " << span.begin << ".." << span.end;
        }
}

TEST(Recovery, AStepOfGainThatStaysCostsNoBurst)
{
    for (const double db : { -60.0, -20.0, -10.0, 10.0, 20.0, 60.0 })
        for (const std::size_t at : { 3000u, 35000u, 59000u }) {
            const Samples x = with_bursts(200'000);
            const std::size_t from = free_from({ at, at });
            const auto clean = scan(x);
            ASSERT_GE(bursts_in(clean, from).size(), 10u);
            const auto found = scan(disturbed(x, { at, x.size() }, gain_db(db)));
            EXPECT_EQ(bursts_in(found, from).size(), bursts_in(clean, from).size()) << db << " dB at " << at;
            EXPECT_EQ(signals_in(found, from), signals_in(clean, from)) << db << " dB at " << at;
        }
}

TEST(Recovery, AStepOfGainWithoutABurstIsFloorFromTheNextEpochOn)
{
    const Samples noise = white_noise(6 * kEpoch, 1e-3, 1);
    for (const double db : { -20.0, 20.0 })
        for (const std::size_t at : { kEpoch + 3616, 2 * kEpoch, 2 * kEpoch + 9000 }) {
            const auto found = scan(disturbed(noise, { at, noise.size() }, gain_db(db)));
            EXPECT_LE(signals_in(found, 0), 1u) << db << " dB at " << at; // the louder part of the epoch of the step
            EXPECT_EQ(signals_in(found, free_from({ at, at })), 0u) << db << " dB at " << at;
        }
}

TEST(Recovery, BurstsThatASquelchCutsOutAreAllFound)
{
    // It opens for a burst only, or there is noise before and after the burst each time.
    for (const std::size_t opens : { 8000u, 6000u })
        for (const std::size_t skipped : { 0u, 9000u }) { // the second one begins within a burst
            Samples x = with_bursts(200'000);
            for (std::size_t i = 0; i < x.size(); ++i)
                if ((i + (opens == 8000 ? 0 : 9000)) % 10000 < (opens == 8000 ? 8000 : 5000))
                    x[i] = 0.0f;
            x.erase(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(skipped));
            auto events = scan(x);
            for (LabelEvent& event : events)
                event.sample_start += skipped;
            EXPECT_GE(signals_in(events, 0), 20u) << opens << ", " << skipped;
            EXPECT_LE(signals_in(events, 0), 23u) << opens << ", " << skipped; // parts of bursts that were cut
            EXPECT_GE(bursts_in(events, 0).size(), skipped ? 17u : 18u) << opens << ", " << skipped; // of 19 whole ones, or 20
        }
}

TEST(Recovery, IntervalsAfterADisturbanceAreAsWithoutIt)
{
    const Samples x = with_bursts(200'000);
    const auto expected = events_of(x, config());
    for (const Span span : kSpans)
        for (const auto& [name, change] : disturbances()) {
            const std::size_t from = span.end + 2 * 4096; // the label of one is favored in the next
            const auto after = lines_from(expected, from);
            ASSERT_GE(after.size(), 10u);
            EXPECT_EQ(lines_from(events_of(disturbed(x, span, change), config()), from), after)
                << name << ", " << span.begin << ".." << span.end;
        }
}

TEST(Recovery, LastingSignalsAreReportedAgain)
{
    const Samples x = band_noise(12 * kEpoch, -0.2, 0.1, 0.1, 1) + fsk(12 * kEpoch, 0.25, 0.02, 0.004, 2) * 0.3f +
                      white_noise(12 * kEpoch, 1e-3, 3);
    const auto expected = scan(x);
    for (const Span span : { Span{ 0, 1 }, Span{ 0, 30'000 }, Span{ 40'000, 40'001 }, Span{ 40'000, 50'000 },
                             Span{ 20'000, 90'000 } })
        for (const auto& [name, change] : disturbances()) {
            const auto found = scan(disturbed(x, span, change));
            const std::size_t from = free_from(span);
            std::vector<LabelEvent> before, after;
            const auto late = [&](const LabelEvent& e) { return e.sample_start >= from; };
            std::copy_if(expected.begin(), expected.end(), std::back_inserter(before), late);
            std::copy_if(found.begin(), found.end(), std::back_inserter(after), late);
            ASSERT_GE(before.size(), 8u);
            ASSERT_EQ(after.size(), before.size()) << name << ", " << span.begin << ".." << span.end;
            for (std::size_t i = 0; i < after.size(); ++i) {
                EXPECT_NEAR(after[i].center_freq_hz, before[i].center_freq_hz, 2e-3 * kRate) << name;
                EXPECT_NEAR(after[i].bandwidth_hz, before[i].bandwidth_hz, 8e-3 * kRate) << name;
                EXPECT_NEAR(after[i].snr_db, before[i].snr_db, 1.0f) << name;
            }
        }
}

TEST(Recovery, TheSameDisturbedSamplesGiveTheSameEventsForAnyChunks)
{
    Samples x = with_bursts(60'000);
    std::size_t at = 3000;
    for (const auto& [name, change] : disturbances()) { // each on samples of its own
        x = disturbed(x, { at, at + 600 }, change);
        x = disturbed(x, { at + 27'001, at + 27'002 }, change);
        at += 600;
    }
    std::vector<std::string> expected;
    const model::Model model = small_network();
    for (const bool single : { true, false })
        for (const std::size_t chunk : { 60'000u, 4096u, 1000u, 7u, 1u }) {
            std::vector<LabelEvent> events;
            const auto handler = [&](const LabelEvent& event) { events.push_back(event); };
            std::unique_ptr<StreamClassifier> classifier;
            if (single)
                classifier = std::make_unique<SignalClassifier>(model, config(), handler);
            else
                classifier = std::make_unique<WidebandScanner>(Model{ model.info, engine::Engine(model, {}) },
                                                               config(), handler);
            classifier->set_time(0, 0, TimeSource::file);
            for (std::size_t at = 0; at < x.size(); at += chunk)
                classifier->process(x.data() + at, std::min(chunk, x.size() - at));
            classifier->flush();
            if (chunk == 60'000u)
                expected = lines_from(events, 0);
            ASSERT_FALSE(expected.empty());
            EXPECT_EQ(lines_from(events, 0), expected) << chunk;
        }
}
