// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever happens to samples, what comes after it is decided as if it had not happened: every running estimate
// finds back from each of these disturbances within the time that its header states.
#include "prunedamr/stream/burst_segmenter.h"
#include "prunedamr/stream/model.h"
#include "prunedamr/stream/sample_check.h"
#include "prunedamr/stream/signal_classifier.h"
#include "prunedamr/stream/wideband_scanner.h"
#include "tests/dsp/signals.h"
#include "tests/stream/small_network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>

using namespace prunedamr;
using namespace prunedamr::stream;
using namespace prunedamr::test;

namespace {

constexpr double kRate = 1e6;
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

using Cuts = std::vector<std::ptrdiff_t>;

/// Starts and ends of bursts from sample `from` on.
Cuts cuts_of(const Samples& x, std::size_t from)
{
    BurstSegmenter segmenter(1600, 9.0, 40000);
    SampleIntake intake;
    Cuts cuts;
    std::size_t consumed = 0;
    const auto consume = [&](const std::complex<float>*, std::size_t n) { consumed += n; };
    intake.process(x.data(), x.size(), [&](const std::complex<float>* clean, std::size_t n) {
        segmenter.process(clean, n, consume, [&] {
            if (consumed >= from)
                cuts.push_back(static_cast<std::ptrdiff_t>(consumed));
        });
    });
    return cuts;
}

ClassifierConfig config(bool bursts)
{
    ClassifierConfig config;
    config.sample_rate_hz = kRate;
    config.interval_s = 4096 / kRate;
    config.bursts = bursts;
    config.burst_gap_s = 1600 / kRate;
    config.max_burst_s = 0.02;
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

std::vector<LabelEvent> survey_of(const Samples& x)
{
    SurveyConfig config;
    config.stream.sample_rate_hz = kRate;
    config.stream.interval_s = 0.0; // a dwell
    const model::Model model = small_network();
    std::vector<LabelEvent> events;
    WidebandScanner scanner({ model.info, engine::Engine(model, {}) }, config,
                            [&](const LabelEvent& event) { events.push_back(event); });
    return events_of(scanner, events, x);
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

TEST(Recovery, TheNextBurstIsCutAsIfNothingHadBeen)
{
    const Samples x = with_bursts(200'000);
    for (const Span span : kSpans)
        for (const auto& [name, change] : disturbances()) {
            const std::size_t from = (span.end + 1600) / 10000 * 10000 + (span.end % 10000 > 6400 ? 17000 : 7000);
            const Cuts expected = cuts_of(x, from), found = cuts_of(disturbed(x, span, change), from);
            ASSERT_GE(expected.size(), 16u);
            ASSERT_EQ(found.size(), expected.size()) << name << ", " << span.begin << ".." << span.end;
            for (std::size_t i = 0; i < found.size(); ++i)
                EXPECT_NEAR(static_cast<double>(found[i]), static_cast<double>(expected[i]), 200.0)
                    << name << ", " << span.begin << ".." << span.end;
        }
}

TEST(Recovery, AStepOfGainThatStaysCostsNoBurst)
{
    for (const double db : { -60.0, -20.0, -10.0, 10.0, 20.0, 60.0 })
        for (const std::size_t at : { 3000u, 35000u, 59000u }) {
            const Samples x = with_bursts(200'000);
            const std::size_t from = at / 10000 * 10000 + 17000;
            const std::size_t clean = cuts_of(x, from).size();
            ASSERT_GE(clean, 10u);
            EXPECT_EQ(cuts_of(disturbed(x, { at, x.size() }, gain_db(db)), from).size(), clean)
                << db << " dB at " << at;
        }
}

TEST(Recovery, AStepOfGainWithoutABurstIsFloorAfterTheLongestBurst)
{
    const Samples noise = white_noise(100'000, 1e-3, 1);
    const Cuts cuts = cuts_of(disturbed(noise, { 20'000, noise.size() }, gain_db(20)), 0);
    ASSERT_EQ(cuts.size(), 2u);
    EXPECT_NEAR(static_cast<double>(cuts[0]), 20'000, 200);
    EXPECT_NEAR(static_cast<double>(cuts[1]), 20'000 + 40'000 + 1600, 300);
}

TEST(Recovery, BurstsThatASquelchCutsOutAreAllFound)
{
    for (const std::size_t skipped : { 0u, 9000u }) { // the second one begins within a burst
        Samples x = with_bursts(100'000);
        for (std::size_t i = 0; i < x.size(); ++i)
            if (i % 10000 < 8000)
                x[i] = 0.0f;
        x.erase(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(skipped));
        const Cuts cuts = cuts_of(x, 5000);
        ASSERT_GE(cuts.size(), 17u);
        for (std::size_t i = 0; i + 1 < cuts.size(); i += 2)
            EXPECT_NEAR(static_cast<double>((cuts[i] + static_cast<std::ptrdiff_t>(skipped)) % 10000), 8000, 100)
                << i;
    }
}

TEST(Recovery, ASquelchThatLetsNoiseThroughFirstTellsTheFloor)
{
    // Each time it opens, there is noise before and after the burst.
    Samples x = with_bursts(100'000);
    for (std::size_t i = 0; i < x.size(); ++i)
        if ((i + 9000) % 10000 < 5000)
            x[i] = 0.0f;
    int bursts = 0;
    for (const std::ptrdiff_t cut : cuts_of(x, 20000))
        bursts += std::abs(cut % 10000 - 8000) < 200;
    EXPECT_GE(bursts, 7);
}

TEST(Recovery, IntervalsAfterADisturbanceAreAsWithoutIt)
{
    const Samples x = with_bursts(200'000);
    const auto expected = events_of(x, config(false));
    for (const Span span : kSpans)
        for (const auto& [name, change] : disturbances()) {
            const std::size_t from = span.end + 2 * 4096; // the label of one is favored in the next
            const auto after = lines_from(expected, from);
            ASSERT_GE(after.size(), 10u);
            EXPECT_EQ(lines_from(events_of(disturbed(x, span, change), config(false)), from), after)
                << name << ", " << span.begin << ".." << span.end;
        }
}

TEST(Recovery, BurstsAfterADisturbanceAreLabeledAsWithoutIt)
{
    const Samples x = with_bursts(200'000);
    const auto clean = events_of(x, config(true));
    const auto bursts_of = [](const std::vector<LabelEvent>& events, std::size_t from) {
        std::size_t count = 0;
        for (const LabelEvent& event : events)
            count += event.sample_start >= from &&
                     std::abs(static_cast<double>(event.sample_count) - 2000.0) < 400.0 &&
                     std::abs(event.power_dbfs + 10.0) < 1.0;
        return count;
    };
    for (const Span span : kSpans)
        for (const auto& [name, change] : disturbances()) {
            const std::size_t from = span.end + 11'600;
            ASSERT_GE(bursts_of(clean, from), 8u);
            EXPECT_EQ(bursts_of(events_of(disturbed(x, span, change), config(true)), from), bursts_of(clean, from))
                << name << ", " << span.begin << ".." << span.end;
        }
}

TEST(Recovery, ASurveyReportsItsSignalsAgainFromTheSecondDwellOn)
{
    const Samples x = band_noise(500'000, -0.2, 0.1, 0.1, 1) + fsk(500'000, 0.25, 0.02, 0.004, 2) * 0.3f +
                      white_noise(500'000, 1e-3, 3);
    const auto expected = survey_of(x);
    const std::size_t dwell = expected.back().sample_start / 11; // 12 of them
    for (const Span span : { Span{ 0, 1 }, Span{ 0, 70'000 }, Span{ 90'000, 90'001 }, Span{ 90'000, 100'000 },
                             Span{ 60'000, 250'000 } })
        for (const auto& [name, change] : disturbances()) {
            const auto found = survey_of(disturbed(x, span, change));
            const std::size_t from = span.end + 2 * dwell;
            std::vector<LabelEvent> before, after;
            std::copy_if(expected.begin(), expected.end(), std::back_inserter(before),
                         [&](const LabelEvent& e) { return e.sample_start >= from; });
            std::copy_if(found.begin(), found.end(), std::back_inserter(after),
                         [&](const LabelEvent& e) { return e.sample_start >= from; });
            ASSERT_GE(before.size(), 4u);
            ASSERT_EQ(after.size(), before.size()) << name << ", " << span.begin << ".." << span.end;
            for (std::size_t i = 0; i < after.size(); ++i) {
                EXPECT_NEAR(after[i].center_freq_hz, before[i].center_freq_hz, 2e3) << name;
                EXPECT_NEAR(after[i].bandwidth_hz, before[i].bandwidth_hz, 8e3) << name;
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
    for (const bool bursts : { false, true }) {
        std::vector<std::string> expected;
        for (const std::size_t chunk : { 60'000u, 4096u, 1000u, 7u, 1u }) {
            std::vector<LabelEvent> events;
            SignalClassifier classifier(small_network(), config(bursts),
                                        [&](const LabelEvent& event) { events.push_back(event); });
            classifier.set_time(0, 0, TimeSource::file);
            for (std::size_t at = 0; at < x.size(); at += chunk)
                classifier.process(x.data() + at, std::min(chunk, x.size() - at));
            classifier.flush();
            if (expected.empty())
                expected = lines_from(events, 0);
            ASSERT_FALSE(expected.empty());
            EXPECT_EQ(lines_from(events, 0), expected) << chunk;
        }
    }
}
