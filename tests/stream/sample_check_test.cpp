// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/sample_check.h"
#include "prunedamr/stream/signal_classifier.h"
#include "tests/dsp/signals.h"
#include "tests/stream/small_network.h"

#include <gtest/gtest.h>

#include <limits>

using namespace prunedamr;
using namespace prunedamr::stream;
using namespace prunedamr::test;

namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

/// As a converter of `bits` gives it, one step of which is `step`.
Samples converted(Samples x, int bits, float step)
{
    const float range = std::ldexp(1.0f, bits - 1);
    const auto convert = [&](float v) { return step * std::clamp(std::round(v * range), -range, range - 1.0f); };
    for (auto& v : x)
        v = { convert(v.real()), convert(v.imag()) };
    return x;
}

float clipped_fraction(const Samples& x, std::size_t chunk = 4096)
{
    ClippingMeter meter;
    for (std::size_t at = 0; at < x.size(); at += chunk)
        meter.add(x.data() + at, std::min(chunk, x.size() - at));
    return meter.fraction();
}

std::vector<LabelEvent> events_of(const Samples& x, double interval_s = 0.02)
{
    ClassifierConfig config;
    config.sample_rate_hz = 1e6;
    config.interval_s = interval_s;
    std::vector<LabelEvent> events;
    SignalClassifier classifier(small_network(), config, [&](const LabelEvent& event) { events.push_back(event); });
    classifier.process(x.data(), x.size());
    classifier.flush();
    return events;
}

} // namespace

TEST(SampleIntake, ReplacesWhatIsNoNumberAndCountsIt)
{
    Samples x = white_noise(200'000, 1.0, 1);
    const Samples before = x;
    const std::size_t bad[] = { 0, 77'777, 199'999 };
    x[bad[0]] = { kNaN, 1.0f };
    x[bad[1]] = { 1.0f, -kInf };
    x[bad[2]] = { 2e18f, 0.0f };
    SampleIntake intake;
    std::size_t next = 0;
    intake.process(x.data(), x.size(), [&](const std::complex<float>* clean, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i, ++next)
            ASSERT_EQ(clean[i],
                      std::count(std::begin(bad), std::end(bad), next) ? std::complex<float>() : before[next]);
    });
    EXPECT_EQ(next, x.size());
    EXPECT_EQ(intake.non_finite(), 3u);
}

TEST(SampleIntake, LeavesSoundSamplesWhereTheyAre)
{
    const Samples x = white_noise(1000, 1e6, 1);
    SampleIntake intake;
    std::size_t seen = 0;
    intake.process(x.data(), x.size(), [&](const std::complex<float>* clean, std::size_t count) {
        EXPECT_EQ(clean, x.data() + seen);
        seen += count;
    });
    EXPECT_EQ(seen, x.size());
    EXPECT_EQ(intake.absurd(), 0u);
}

TEST(SampleIntake, CountsWhatNoReceiverGives)
{
    const auto absurd = [](const Samples& x) {
        SampleIntake intake;
        intake.process(x.data(), x.size(), [](const std::complex<float>*, std::size_t) {});
        return intake.absurd();
    };
    EXPECT_EQ(absurd(Samples(100, { 2e6f, 0.0f })), 100u);
    EXPECT_EQ(absurd(Samples(100, { 1e-33f, 0.0f })), 100u);
    EXPECT_EQ(absurd(Samples(100)), 0u);
    // Pairs of 16 bits that are read as floats.
    Rng rng(1);
    std::vector<std::int16_t> integers(4 * 1000);
    for (auto& value : integers)
        value = static_cast<std::int16_t>(3000.0 * rng.normal());
    const auto* floats = reinterpret_cast<const std::complex<float>*>(integers.data());
    EXPECT_GT(absurd(Samples(floats, floats + 1000)), 300u);
}

TEST(ClippingMeter, MeasuresTheFractionAtFullScale)
{
    const Samples x = white_noise(100'000, 2 * 0.25, 1); // half of full scale in I and in Q: beyond it 4.55 %
    for (const int bits : { 8, 12, 14, 16 }) {
        EXPECT_NEAR(clipped_fraction(converted(x, bits, std::ldexp(1.0f, 1 - bits))), 0.0455, 0.004) << bits;
        EXPECT_NEAR(clipped_fraction(converted(x, bits, 1.0f)), 0.0455, 0.004) << bits;
    }
    for (const int bits : { 12, 14 }) // within 16
        EXPECT_NEAR(clipped_fraction(converted(x, bits, 1.0f / 32768)), 0.0455, 0.004) << bits;
    Samples floats = x;
    for (auto& v : floats)
        v = { std::clamp(v.real(), -1.0f, 1.0f), std::clamp(v.imag(), -1.0f, 1.0f) };
    EXPECT_NEAR(clipped_fraction(floats), 0.0455, 0.002);
    EXPECT_EQ(clipped_fraction(floats, 7), clipped_fraction(floats));
}

TEST(ClippingMeter, FindsNoneWhereNothingIsCutOff)
{
    EXPECT_EQ(clipped_fraction(white_noise(100'000, 0.5, 1)), 0.0f);
    for (const int bits : { 8, 16 }) // keyed tones stand long at their largest value
        EXPECT_EQ(
            clipped_fraction(converted(fsk(100'000, 0.01, 0.02, 0.01, 1) * 0.3f, bits, std::ldexp(1.0f, 1 - bits))),
            0.0f);
    EXPECT_EQ(clipped_fraction(converted(white_noise(100'000, 2 * 0.0625, 1), 16, 1.0f / 32768)),
              0.0f); // 4 sigma: few
    EXPECT_EQ(clipped_fraction(Samples(1000)), 0.0f);
    EXPECT_EQ(ClippingMeter().fraction(), 0.0f);
}

TEST(ClippingMeter, IsInTheEventOfItsInterval)
{
    Samples x = white_noise(100'000, 1e-4, 1);
    for (std::size_t i = 50'000; i < 60'000; ++i)
        x[i] = { 1.0f, -1.0f };
    int clipped = 0;
    for (const LabelEvent& event : events_of(x)) {
        const bool within = event.sample_start < 60'000 && event.sample_start + event.sample_count > 50'000;
        EXPECT_EQ(event.clipped > 0.0f, within) << event.sample_start;
        clipped += within;
    }
    EXPECT_GE(clipped, 1);
}

TEST(DcSpike, AloneItIsNoiseAndTheEventSaysSo)
{
    const Samples x = Samples(60'000, { 0.25f, 0.1f }) + white_noise(60'000, 1e-4, 1);
    const auto events = events_of(x);
    ASSERT_FALSE(events.empty());
    for (const LabelEvent& event : events) {
        EXPECT_EQ(event.note.view(), kDcSpike);
        EXPECT_EQ(event.bandwidth_hz, 1e6);
        EXPECT_TRUE(std::isnan(event.snr_db));
        EXPECT_NEAR(event.power_dbfs, 10 * std::log10(0.25 * 0.25 + 0.1 * 0.1 + 1e-4), 0.05);
    }
}

TEST(DcSpike, DoesNotHideASignal)
{
    const Samples signal = band_noise(60'000, 0.1, 0.2, 4e-3, 1) + white_noise(60'000, 1e-5, 2);
    const auto expected = events_of(signal), found = events_of(signal + Samples(60'000, { 0.25f, 0.1f }));
    ASSERT_FALSE(expected.empty());
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        EXPECT_EQ(found[i].note.view(), kDcSpike);
        EXPECT_EQ(expected[i].note.view(), "");
        EXPECT_NEAR(found[i].center_freq_hz, expected[i].center_freq_hz, 3e3);
        EXPECT_NEAR(found[i].bandwidth_hz, expected[i].bandwidth_hz, 6e3);
    }
}

TEST(DcSpike, ACarrierIsPartOfItsSignal)
{
    Samples x = tone(60'000, 0.0, 0.3) + band_noise(60'000, 0.0, 0.02, 0.01, 1) + white_noise(60'000, 1e-6, 2);
    const auto events = events_of(x);
    ASSERT_FALSE(events.empty());
    for (const LabelEvent& event : events) {
        EXPECT_EQ(event.note.view(), "");
        EXPECT_LT(event.bandwidth_hz, 1e5);
    }
}

TEST(SampleCheck, NoiseIsLikeNoiseBehindAFilterAndAtAnyLength)
{
    for (const int count : { 0, 1, 2, 100, 3000, 32768 }) {
        EXPECT_FALSE(differs_from_noise(white_noise(count, 1e-6, 1).data(), count)) << count;
        EXPECT_FALSE(differs_from_noise(band_noise(count, 0.02, 0.8, 1.0, 2).data(), count)) << count;
        EXPECT_FALSE(differs_from_noise(Samples(static_cast<std::size_t>(count)).data(), count)) << count;
    }
}

TEST(SampleCheck, ASignalThatFillsTheBandIsNot)
{
    EXPECT_TRUE(differs_from_noise(fsk(20000, 0.0, 0.5, 0.25, 1).data(), 20000)); // steady
    EXPECT_TRUE(differs_from_noise(band_noise(20000, 0.0, 0.5, 1.0, 2).data(), 20000)); // slow
    Samples pulses = white_noise(20000, 1.0, 3);
    for (std::size_t i = 0; i < pulses.size(); ++i)
        if (i / 40 % 2 == 0)
            pulses[i] *= 0.1f;
    EXPECT_TRUE(differs_from_noise(pulses.data(), 20000));
}
