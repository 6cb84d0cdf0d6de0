// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/measure/estimators.h"
#include "prunedamr/measure/measurer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>

using namespace prunedamr;
using namespace prunedamr::measure;
using namespace prunedamr::test;

namespace {

constexpr double kRateHz = 1e6;

struct Bench {
    Measurer measurer{ 16384 };

    const Measurement& measure(const Made& made, Rng& rng, Track* track = nullptr, std::uint32_t wanted = families::all)
    {
        const Piece piece{ made.samples.data(), made.samples.size() };
        Decision decision;
        decision.pieces = &piece;
        decision.piece_count = 1;
        decision.sample_rate_hz = kRateHz;
        decision.center_hz = kRateHz * (made.center + rng.uniform(-0.1, 0.1) * made.bandwidth);
        decision.bandwidth_hz = kRateHz * std::min(0.98, made.bandwidth * rng.uniform(0.7, 1.3));
        decision.families = wanted;
        return measurer.measure(decision, track);
    }
};

Made fsk_signal(Rng& rng)
{
    FskSignal signal;
    signal.index = 1.0;
    return make(signal, rng);
}

} // namespace

TEST(Measurer, FindsTheMethodOfEachFamily)
{
    const struct {
        Method method;
        std::function<Made(Rng&)> make;
    } cases[] = {
        { Method::chirp, [](Rng& rng) { return make(ChirpSignal{}, rng); } },
        { Method::fsk, fsk_signal },
        { Method::ofdm, [](Rng& rng) { return make(OfdmSignal{}, rng); } },
        { Method::linear, [](Rng& rng) { return linear("16QAM", Pulse::root_raised_cosine, 0.3, 800, 20.0, rng); } },
        { Method::am, [](Rng& rng) { return make_am(8192, 0.3, 0.04, 20.0, rng); } },
        { Method::fm, [](Rng& rng) { return make_fm(8192, 0.03, 0.02, false, 20.0, rng); } },
        { Method::carrier, [](Rng& rng) { return make_carrier(8192, 20.0, rng); } },
        { Method::none, [](Rng& rng) { return make_noise(8192, 0.3, rng); } },
    };
    Bench bench;
    for (const auto& c : cases)
        for (int trial = 0; trial < 3; ++trial) {
            Rng rng(500 + trial);
            EXPECT_STREQ(to_string(bench.measure(c.make(rng), rng).method), to_string(c.method)) << trial;
        }
}

TEST(Measurer, ACodeThatRepeatsIsKeyedAndNoMultiplex)
{
    Bench bench;
    for (int trial = 0; trial < 4; ++trial) {
        Rng rng(30 + trial);
        constexpr int kChip = 8, kBits = 12; // a bit is one chip on and three off, or three on and one off
        const auto code = rng.integer(1, (1 << kBits) - 2);
        Made made = make_noise(4 * kChip * 20 * (kBits + 6), 0.9, rng);
        for (std::size_t n = 0; n < made.samples.size(); ++n) {
            const auto chip = static_cast<int>(n / kChip) % (4 * (kBits + 6)); // the code comes again after a pause
            const bool is_on = chip < 4 * kBits && chip % 4 < ((code >> chip / 4 & 1) != 0 ? 3 : 1);
            made.samples[n] = made.samples[n] * 0.05f + (is_on ? std::polar(1.0f, static_cast<float>(0.01 * static_cast<double>(n))) : 0.0f);
        }
        made.center = 0.01 / 2.0 / M_PI;
        made.bandwidth = 1.2 / kChip;
        const Measurement& found = bench.measure(made, rng);
        EXPECT_EQ(found.method, Method::on_off) << to_string(found.method) << ", code " << code;
    }
}

TEST(Measurer, AMultiplexThatPausesIsOne)
{
    Bench bench;
    for (int trial = 0; trial < 4; ++trial) {
        Rng rng(40 + trial);
        Made made = make(OfdmSignal{}, rng);
        const std::size_t size = made.samples.size();
        for (std::size_t n = size * 2 / 5; n < size * 3 / 5; ++n)
            made.samples[n] *= 0.02f;
        EXPECT_EQ(bench.measure(made, rng).method, Method::ofdm) << trial;
    }
}

TEST(Measurer, NumbersAreInHertzAndSeconds)
{
    Bench bench;
    Rng rng(1);
    const Made keyed = fsk_signal(rng);
    const Measurement& fsk = bench.measure(keyed, rng);
    EXPECT_NEAR(fsk[Quantity::symbol_rate_hz]->value, keyed.rate * kRateHz, 1e-3 * keyed.rate * kRateHz);
    EXPECT_NEAR(fsk[Quantity::deviation_hz]->value, 0.5 * keyed.rate * kRateHz, 0.02 * keyed.rate * kRateHz);
    EXPECT_NEAR(fsk[Quantity::carrier_hz]->value, keyed.center * kRateHz, 0.05 * keyed.rate * kRateHz);
    EXPECT_GT(fsk[Quantity::symbol_rate_hz]->error, 0.0);
    const Made multiplex = make(OfdmSignal{}, rng);
    const Measurement& ofdm = bench.measure(multiplex, rng);
    EXPECT_NEAR(ofdm[Quantity::subcarrier_spacing_hz]->value, kRateHz / 64.0, 0.01 * kRateHz / 64.0);
    EXPECT_NEAR(ofdm[Quantity::cyclic_prefix_s]->value, 16.0 / kRateHz, 0.8 / kRateHz);
    const Made chirps = make(ChirpSignal{}, rng);
    const Measurement& chirp = bench.measure(chirps, rng);
    EXPECT_NEAR(chirp[Quantity::chirp_rate_hz_per_s]->value, chirps.slope * kRateHz * kRateHz, 0.02 * chirps.slope * kRateHz * kRateHz);
    EXPECT_EQ(std::lround(chirp[Quantity::spreading_factor]->value), 8);
    const Measurement& am = bench.measure(make_am(8192, 0.3, 0.04, 20.0, rng), rng);
    EXPECT_NEAR(am[Quantity::depth]->value, 0.3, 0.03);
    const Measurement& fm = bench.measure(make_fm(8192, 0.03, 0.01, true, 15.0, rng), rng);
    EXPECT_NEAR(fm[Quantity::deviation_hz]->value, 0.03 * kRateHz, 0.05 * 0.03 * kRateHz);
}

TEST(Measurer, OnlyMethodsAskedForAreTried)
{
    Bench bench;
    Rng rng(2);
    const Made made = linear("QPSK", Pulse::root_raised_cosine, 0.3, 800, 20.0, rng);
    EXPECT_EQ(bench.measure(made, rng, nullptr, families::fsk | families::ofdm).method, Method::none);
    EXPECT_EQ(bench.measure(made, rng, nullptr, families::psk).method, Method::linear);
}

TEST(Measurer, RefusesWhatIsNoSignalAndGoesOn)
{
    Bench bench;
    Rng rng(3);
    Made made = linear("QPSK", Pulse::root_raised_cosine, 0.3, 800, 20.0, rng);
    const Samples good = made.samples;
    made.samples[100] = { INFINITY, 0.0f };
    EXPECT_EQ(bench.measure(made, rng).refusal, Refusal::no_samples);
    made.samples.assign(3000, 0.0f);
    EXPECT_EQ(bench.measure(made, rng).refusal, Refusal::no_samples);
    made.samples.assign(good.begin(), good.begin() + 100);
    EXPECT_EQ(bench.measure(made, rng).refusal, Refusal::too_short);
    Decision nothing;
    EXPECT_EQ(bench.measurer.measure(nothing).refusal, Refusal::no_samples);
    made.samples = good;
    EXPECT_STREQ(bench.measure(made, rng).alphabet, "QPSK");
}

TEST(Measurer, ATrackFindsTheRateThatOneDecisionDoesNot)
{
    Bench bench;
    Track track(16384);
    int alone = 0;
    Measurement together;
    Rng rng(4);
    const double rate = 1.0 / 4.3;
    for (int decision = 0; decision < 12; ++decision) {
        LinearSignal signal;
        signal.shape = 0.15;
        signal.es_n0_db = 10.0;
        signal.samples_per_symbol = 4.3;
        signal.count = static_cast<int>(250 * signal.samples_per_symbol);
        signal.offset = 0.02;
        const Made made = make(signal, rng);
        alone += bench.measure(made, rng, nullptr, families::psk).method == Method::linear;
        together = bench.measure(made, rng, &track, families::psk);
    }
    EXPECT_LT(alone, 8);
    ASSERT_EQ(together.method, Method::linear);
    EXPECT_NEAR(together[Quantity::symbol_rate_hz]->value, rate * kRateHz, 5e-4 * rate * kRateHz);
    EXPECT_STREQ(together.alphabet, "QPSK");
    EXPECT_GT(together.decisions, 1);
}
