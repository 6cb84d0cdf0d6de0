// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/prover.h"
#include "tests/measure/signals.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace prunedamr;
using namespace prunedamr::stream;
using namespace prunedamr::test;
using measure::Quantity;

namespace {

constexpr double kRateHz = 1e6, kTunedHz = 433e6;

/// A network's answer, and the event that it made of it.
struct Decision {
    std::vector<std::string> labels;
    std::vector<double> probabilities;
    LabelEvent event;

    Proposal proposal() const { return { labels.data(), probabilities.data(), labels.size(), 0.03 }; }
};

Decision decision(std::vector<std::pair<std::string, double>> classes, const std::string& label, const std::string& family)
{
    Decision d;
    for (const auto& [name, probability] : classes) {
        d.labels.push_back(name);
        d.probabilities.push_back(probability);
    }
    d.event.state = label == "noise" ? State::noise : State::signal;
    d.event.label.assign(label);
    d.event.family.assign(family);
    d.event.confidence = 0.5f;
    d.event.sample_rate_hz = kRateHz;
    return d;
}

Decision quadrature()
{
    return decision({ { "noise", 0.01 }, { "QPSK", 0.05 }, { "16QAM", 0.33 }, { "64QAM", 0.3 }, { "256QAM", 0.29 }, { "unknown", 0.02 } }, "QAM",
                    "QAM");
}

Decision phases()
{
    return decision({ { "QPSK", 0.02 }, { "8PSK", 0.9 }, { "pi/4-DQPSK", 0.04 }, { "unknown", 0.04 } }, "8PSK", "PSK");
}

Decision keying()
{
    return decision({ { "2FSK", 0.3 }, { "4FSK", 0.05 }, { "GFSK", 0.3 }, { "MSK", 0.35 } }, "MSK", "FSK");
}

/// Proves it on the samples, whose rough band is off by a little.
const LabelEvent& prove(Prover& prover, Decision& decision, const Made& made, double rate_hz = kRateHz)
{
    decision.event.sample_rate_hz = rate_hz;
    decision.event.sample_count = made.samples.size();
    decision.event.center_freq_hz = kTunedHz + rate_hz * (made.center + 0.03 * made.bandwidth);
    decision.event.bandwidth_hz = rate_hz * std::min(1.0, 1.1 * made.bandwidth);
    const measure::Piece piece{ made.samples.data(), made.samples.size() };
    prover.prove(decision.event, decision.proposal(), { &piece, 1, rate_hz, kTunedHz, 1.0 }, nullptr);
    return decision.event;
}

Made linear(const std::string& alphabet, double snr_db, std::uint64_t seed, double samples_per_symbol = 4.2, int symbols = 1800)
{
    LinearSignal signal;
    signal.alphabet = alphabet;
    signal.samples_per_symbol = samples_per_symbol;
    signal.count = static_cast<int>(symbols * samples_per_symbol);
    signal.es_n0_db = snr_db;
    Rng rng(seed);
    return make(signal, rng);
}

Made keyed(double index, double bandwidth_time, int tones = 2)
{
    FskSignal signal;
    signal.index = index;
    signal.bandwidth_time = bandwidth_time;
    signal.tones = tones;
    signal.snr_db = 20.0;
    Rng rng(3);
    return make(signal, rng);
}

} // namespace

TEST(Prover, NamesTheOrderThatTheNetworkCannotTell)
{
    Prover prover;
    for (const std::string alphabet : { "16QAM", "64QAM" }) {
        Decision d = quadrature();
        const Made made = linear(alphabet, 25.0, 1);
        const LabelEvent& event = prove(prover, d, made);
        EXPECT_EQ(event.label.view(), alphabet);
        EXPECT_EQ(event.state, State::signal);
        EXPECT_GT(event.confidence, 0.8f);
        EXPECT_EQ(event.top[0].label.view(), alphabet);
        ASSERT_TRUE(event.measured[Quantity::symbol_rate_hz]);
        EXPECT_NEAR(event.measured[Quantity::symbol_rate_hz]->value, made.rate * kRateHz, 1e-3 * made.rate * kRateHz);
        EXPECT_NEAR(event.measured[Quantity::carrier_hz]->value, kTunedHz + made.center * kRateHz, 0.02 * made.rate * kRateHz);
        EXPECT_EQ(event.evidence.count, 0);
    }
}

TEST(Prover, NamesAnAlphabetThatWasNotLearnt)
{
    Prover prover;
    Decision d = phases();
    EXPECT_EQ(prove(prover, d, linear("16PSK", 25.0, 1)).label.view(), "16PSK");
    EXPECT_EQ(d.event.family.view(), "PSK");
    d = quadrature();
    EXPECT_EQ(prove(prover, d, linear("16APSK", 25.0, 1)).label.view(), "16APSK");
    EXPECT_EQ(d.event.family.view(), "APSK");
}

TEST(Prover, AnAlphabetWithoutANameIsUnknownAndMeasured)
{
    Prover prover;
    Decision d = phases();
    const Made made = linear("12PSK", 25.0, 1);
    const LabelEvent& event = prove(prover, d, made);
    EXPECT_EQ(event.state, State::unknown);
    EXPECT_EQ(event.label.view(), "unknown");
    ASSERT_TRUE(event.measured[Quantity::symbol_rate_hz]);
    EXPECT_NEAR(event.measured[Quantity::symbol_rate_hz]->value, made.rate * kRateHz, 1e-3 * made.rate * kRateHz);
}

TEST(Prover, DefinitionsNameWhatIsKeyed)
{
    Prover prover;
    const struct {
        Made made;
        const char* label;
    } cases[] = { { keyed(0.5, 0.0), "MSK" }, { keyed(0.5, 0.5), "GFSK" }, { keyed(0.5, 0.3), "MSK" }, { keyed(0.35, 0.5), "GFSK" },
                  { keyed(1.0, 0.0), "2FSK" }, { keyed(1.0, 0.0, 4), "4FSK" } };
    for (const auto& c : cases) {
        Decision d = keying();
        const LabelEvent& event = prove(prover, d, c.made);
        EXPECT_EQ(event.label.view(), c.label);
        ASSERT_TRUE(event.measured[Quantity::modulation_index]) << c.label;
        EXPECT_NEAR(event.measured[Quantity::modulation_index]->value, c.made.index, 0.05 * c.made.index);
    }
}

TEST(Prover, DeviationOverAudioNamesNarrowAndWideFm)
{
    Prover prover;
    for (const auto& [deviation, audio, label] : { std::tuple(0.02, 0.02, "NBFM"), { 0.08, 0.01, "WBFM" } }) {
        Rng rng(1);
        Decision d = decision({ { "NBFM", 0.5 }, { "WBFM", 0.5 } }, "NBFM", "FM");
        EXPECT_EQ(prove(prover, d, make_fm(8192, deviation, audio, true, 25.0, rng)).label.view(), label);
    }
}

TEST(Prover, NoiseIsNeverMadeASignal)
{
    Prover prover;
    Rng rng(1);
    for (int trial = 0; trial < 2000; ++trial) {
        Decision d = decision({ { "noise", 0.5 }, { "OFDM", 0.3 }, { "CSS", 0.15 }, { "QPSK", 0.05 } }, "noise", "noise");
        const LabelEvent& event = prove(prover, d, make_noise(2048, trial % 2 ? 1.0 : rng.uniform(0.1, 0.9), rng));
        bool has_numbers = false;
        for (const auto& number : event.measured)
            has_numbers |= number.has_value();
        EXPECT_TRUE(event.state == State::noise && !has_numbers) << trial << " " << to_string(prover.measurement().method) << " " << prover.measurement().score;
    }
}

TEST(Prover, OfdmTakenForNoiseIsNamedByItsGuard)
{
    Prover prover;
    Rng rng(1);
    Decision d = decision({ { "noise", 0.6 }, { "OFDM", 0.4 } }, "noise", "noise");
    const LabelEvent& event = prove(prover, d, make(OfdmSignal{}, rng));
    EXPECT_EQ(event.label.view(), "OFDM");
    EXPECT_TRUE(event.measured[Quantity::cyclic_prefix_s]);
}

TEST(Prover, WithoutAMeasurementTheNetworkStands)
{
    Prover prover;
    Decision d = quadrature();
    Made made = linear("64QAM", 25.0, 1);
    made.samples.resize(100);
    const std::string before = [&] {
        Decision same = d;
        same.event.sample_count = 100;
        same.event.center_freq_hz = kTunedHz + kRateHz * (made.center + 0.03 * made.bandwidth);
        same.event.bandwidth_hz = kRateHz * std::min(1.0, 1.1 * made.bandwidth);
        return to_json_line(same.event);
    }();
    EXPECT_EQ(to_json_line(prove(prover, d, made)), before);
}

TEST(Prover, ANetworkOfMoreClassesThanThereIsRoomForStands)
{
    Prover prover;
    for (const std::size_t others : { Prover::kMaxClasses - 1, Prover::kMaxClasses, std::size_t{ 200 } }) {
        std::vector<std::pair<std::string, double>> classes;
        for (std::size_t i = 0; i < others; ++i)
            classes.emplace_back("class " + std::to_string(i), 0.1 / static_cast<double>(others));
        classes.emplace_back("8PSK", 0.9);
        Decision d = decision(classes, "8PSK", "PSK");
        const LabelEvent& event = prove(prover, d, linear("8PSK", 25.0, 1));
        EXPECT_EQ(event.label.view(), "8PSK");
        EXPECT_EQ(event.measured[Quantity::symbol_rate_hz].has_value(), classes.size() <= Prover::kMaxClasses);
    }
}

TEST(Prover, AllOfALongDecisionOnANarrowSignalIsLookedAt)
{
    Prover prover;
    Decision d = phases();
    const Made made = linear("8PSK", 25.0, 1, 240.0, 1000); // 10 kBd at 2.4 MS/s: 32768 samples would be 136 symbols
    const LabelEvent& event = prove(prover, d, made, 2.4e6);
    EXPECT_EQ(event.label.view(), "8PSK");
    ASSERT_TRUE(event.measured[Quantity::symbol_rate_hz]);
    EXPECT_NEAR(event.measured[Quantity::symbol_rate_hz]->value, 10e3, 1.0);
    EXPECT_LT(event.measured[Quantity::symbol_rate_hz]->error, 1.0);
    EXPECT_NEAR(event.measured[Quantity::carrier_hz]->value, kTunedHz + 2.4e6 * made.center, 50.0);
}

TEST(Prover, EvidenceIsWhatWasMeasuredOn)
{
    Prover prover(true);
    Decision d = phases();
    const LabelEvent& event = prove(prover, d, linear("8PSK", 30.0, 1));
    ASSERT_EQ(event.evidence.count, 256);
    for (int k = 0; k < event.evidence.count; ++k)
        EXPECT_NEAR(std::hypot(event.evidence.points[k].i, event.evidence.points[k].q), LabelEvent::Evidence::kSteps, 250.0) << k;
}

TEST(Prover, AFollowedSignalIsMeasuredAtOnceAndThenNowAndThen)
{
    Prover prover;
    FollowedSignal followed;
    const Made made = linear("8PSK", 25.0, 1);
    int measurements = 0;
    for (int interval = 0; interval < 100; ++interval) { // 10 s
        Decision d = phases();
        d.event.sample_start = static_cast<std::uint64_t>(interval * 0.1 * kRateHz);
        d.event.center_freq_hz = kTunedHz + kRateHz * made.center;
        d.event.bandwidth_hz = kRateHz * made.bandwidth;
        const measure::Piece piece{ made.samples.data(), made.samples.size() };
        prover.prove(d.event, d.proposal(), { &piece, 1, kRateHz, kTunedHz, 1.0 }, &followed);
        EXPECT_EQ(d.event.label.view(), "8PSK");
        EXPECT_TRUE(d.event.measured[Quantity::symbol_rate_hz]);
        measurements += prover.measurement().method != measure::Method::none;
    }
    EXPECT_GE(measurements, 4);
    EXPECT_LE(measurements, 6);
}
