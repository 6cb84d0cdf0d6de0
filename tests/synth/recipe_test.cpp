// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/model/class_table.h"
#include "prunedamr/synth/frame_maker.h"
#include "prunedamr/synth/recipe/recipe.h"
#include "tests/synth/synth_testing.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <set>

namespace prunedamr::synth {
namespace {

using nlohmann::ordered_json;

ordered_json shipped()
{
    return ordered_json::parse(shipped_recipe("onair"), nullptr, true, true);
}

/// The error that a spoilt copy of the shipped recipe gives.
std::string message(const std::function<void(ordered_json&)>& spoil)
{
    ordered_json json = shipped();
    spoil(json);
    try {
        Recipe(json.dump(), "mine.json");
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

TEST(Recipe, ClassesStandInTheClassTable)
{
    const auto recipe = load_recipe("onair");
    EXPECT_EQ(recipe->labels().size(), 24u);
    EXPECT_EQ(recipe->labels().front(), "noise");
    for (const auto& label : recipe->labels()) {
        ASSERT_NE(model::find_modulation(label), nullptr) << label;
        EXPECT_EQ(model::find_modulation(label)->name, label);
    }
}

TEST(Recipe, UsesEveryModulatorAndStageThatThereIs)
{
    const ordered_json json = shipped();
    for (const auto& name : modulator_names())
        EXPECT_TRUE(json["modulators"].contains(name)) << name;
    std::vector<std::string> stages;
    for (const auto& stage : json["stages"])
        stages.push_back(stage["stage"]);
    EXPECT_EQ(stages, stage_names());
}

TEST(Recipe, EveryClassGivesFiniteSamplesOfAnyLength)
{
    const auto recipe = load_recipe("onair");
    for (const auto& label : recipe->labels()) {
        for (const int count : { 1, 211, 4096 }) {
            Rng rng(static_cast<std::uint64_t>(count));
            const Reception reception = recipe->receive(label, count, std::nanf(""), rng);
            ASSERT_EQ(reception.samples.size(), static_cast<std::size_t>(count));
            EXPECT_EQ(reception.label, label);
            for (const auto& x : reception.samples)
                ASSERT_TRUE(std::isfinite(x.real()) && std::isfinite(x.imag())) << label;
            EXPECT_GT(mean_power(reception.samples), 0.0) << label;
            EXPECT_GT(reception.bandwidth, 0.0f);
            EXPECT_LE(reception.bandwidth, 1.0f);
            EXPECT_EQ(std::isnan(reception.snr_db), label == "noise");
            if (label != "noise") {
                EXPECT_GE(reception.snr_db, -10.0f);
                EXPECT_LE(reception.snr_db, 45.0f);
                EXPECT_LE(std::abs(reception.center) + reception.bandwidth / 2, 0.5f);
            }
        }
    }
}

Signal from_modulator(const char* name, const nlohmann::json& keys)
{
    JsonObject fields(keys, name);
    Rng rng(17);
    return make_modulator(name, fields)->modulate(20000, {}, rng);
}

nlohmann::json sweep_keys(double pulsed)
{
    return { { "bandwidth", 0.4 }, { "time_bandwidth", 200 }, { "shape", { { "triangle", 1 } } },
             { "curve", 1 },       { "pulsed", pulsed },      { "duty", 0.25 } };
}

double share_of_silence(const Samples& samples)
{
    return static_cast<double>(std::count(samples.begin(), samples.end(), std::complex<float>())) /
           static_cast<double>(samples.size());
}

TEST(Modulators, PulsedSweepsFillTheirShareOfTheTime)
{
    EXPECT_EQ(share_of_silence(from_modulator("sweep", sweep_keys(0.0)).samples), 0.0);
    EXPECT_NEAR(share_of_silence(from_modulator("sweep", sweep_keys(1.0)).samples), 0.75, 0.03);
}

TEST(Modulators, HopsStayOnTheirLinesAndThenLeaveForOthers)
{
    const Signal hops = from_modulator(
        "hops", { { "bandwidth", 0.4 }, { "time_bandwidth", 200 }, { "lines", 1 }, { "pause", 0.2 } });
    EXPECT_NEAR(share_of_silence(hops.samples), 0.2, 0.01);
    int changes = 0;
    double last = 1.0;
    for (std::size_t n = 1; n < hops.samples.size(); ++n) {
        const auto turn = hops.samples[n] * std::conj(hops.samples[n - 1]);
        if (std::abs(turn) == 0.0f)
            continue;
        const double f = std::arg(turn) / (2 * M_PI);
        EXPECT_LE(std::abs(f), 0.2001);
        changes += std::abs(f - last) > 1e-3;
        last = f;
    }
    EXPECT_NEAR(changes, 20000 * 0.4 / 200, 2); // each stay of 500 samples, 400 of them on
}

TEST(Modulators, SweepHasASteadyEnvelopeAndFillsItsBand)
{
    const Signal sweep = from_modulator("sweep", sweep_keys(0.0));
    double lowest = 1.0, highest = -1.0;
    for (std::size_t n = 1; n < sweep.samples.size(); ++n) {
        EXPECT_NEAR(std::abs(sweep.samples[n]), 1.0, 1e-4);
        const double f = std::arg(sweep.samples[n] * std::conj(sweep.samples[n - 1])) / (2 * M_PI);
        lowest = std::min(lowest, f);
        highest = std::max(highest, f);
    }
    EXPECT_NEAR(lowest, -0.2, 0.005);
    EXPECT_NEAR(highest, 0.2, 0.005);
}

TEST(Modulators, ACurvedSweepIsSlowInTheMiddleOfItsBand)
{
    nlohmann::json keys = sweep_keys(0.0);
    keys["curve"] = 3;
    const Signal sweep = from_modulator("sweep", keys);
    int middle = 0;
    for (std::size_t n = 1; n < sweep.samples.size(); ++n)
        middle += std::abs(std::arg(sweep.samples[n] * std::conj(sweep.samples[n - 1]))) < 2 * M_PI * 0.025;
    EXPECT_NEAR(middle / 20000.0, 0.5, 0.03); // |ramp|^3 < 1/8
}

/// Alphabet of sixteen samples per symbol, rectangular: the signal stays on its points.
nlohmann::json alphabet_keys(const char* layout, int points)
{
    return { { "layout", { { layout, 1 } } },
             { "points", points },
             { "turning", 0 },
             { "repeated", 0 },
             { "word", 31 },
             { "samples_per_symbol", 16 },
             { "rectangular", 1 },
             { "roll_off", 0.5 } };
}

/// The values that stay: samples that the next one nearly equals.
std::vector<std::complex<float>> points_of(const Samples& samples)
{
    std::vector<std::complex<float>> points;
    for (std::size_t n = 2; n < samples.size(); ++n) {
        if (std::abs(samples[n] - samples[n - 1]) > 1e-4f || std::abs(samples[n] - samples[n - 2]) > 1e-4f)
            continue;
        const auto near = [&](const auto& point) { return std::abs(point - samples[n]) < 0.02f; };
        if (std::none_of(points.begin(), points.end(), near))
            points.push_back(samples[n]);
    }
    return points;
}

TEST(Modulators, AlphabetsHaveAsManyPointsAsNoClassHas)
{
    EXPECT_EQ(points_of(from_modulator("alphabet", alphabet_keys("phases", 6)).samples).size(), 6u);
    for (const int points : { 4, 8 }) {
        const auto found = points_of(from_modulator("alphabet", alphabet_keys("phases", points)).samples).size();
        EXPECT_TRUE(found == points - 1u || found == points + 1u) << found;
    }
    EXPECT_EQ(points_of(from_modulator("alphabet", alphabet_keys("levels", 3)).samples).size(), 5u);
    EXPECT_EQ(points_of(from_modulator("alphabet", alphabet_keys("scattered", 12)).samples).size(), 12u);
    EXPECT_GE(points_of(from_modulator("alphabet", alphabet_keys("rings", 12)).samples).size(), 12u);
}

TEST(Modulators, AWordIsSentOverAndOver)
{
    nlohmann::json keys = alphabet_keys("scattered", 12);
    keys["repeated"] = 1;
    const Samples samples = from_modulator("alphabet", keys).samples;
    for (std::size_t n = 0; n + 31 * 16 < samples.size(); ++n)
        ASSERT_NEAR(std::abs(samples[n] - samples[n + 31 * 16]), 0.0, 1e-3) << n;
}

TEST(Modulators, TonesAreOfASteadyEnvelopeAndFillTheirBand)
{
    const Signal tones = from_modulator("tones", { { "tones", 3 },
                                                   { "uneven", 0 },
                                                   { "index", 2 },
                                                   { "samples_per_symbol", 20 },
                                                   { "gaussian", 0 },
                                                   { "gaussian_bt", 1 } });
    EXPECT_NEAR(tones.bandwidth, 5.0 / 20, 1e-6); // two steps of index 2, and the keying
    std::set<long> places;
    for (std::size_t n = 10; n < tones.samples.size(); n += 20) {
        const auto turn = tones.samples[n + 2] * std::conj(tones.samples[n - 2]);
        EXPECT_NEAR(std::abs(turn), 1.0, 1e-3);
    }
    for (std::size_t n = 1; n < tones.samples.size(); ++n)
        places.insert(std::lround(std::arg(tones.samples[n] * std::conj(tones.samples[n - 1])) / (2 * M_PI) * 200));
    EXPECT_EQ(*places.begin(), -20); // +-0.1 cycles per sample
    EXPECT_EQ(*places.rbegin(), 20);
}

TEST(Modulators, AStereoCarrierHasAMessageInEachPart)
{
    const nlohmann::json keys = { { "bandwidth", 0.2 },
                                  { "carrier", { { "stereo", 1 } } },
                                  { "depth", 0.5 },
                                  { "message", { { "music", 1 } } } };
    double in_phase = 0.0, quadrature = 0.0;
    for (const auto& x : from_modulator("am", keys).samples) {
        in_phase += std::norm(x.real() - 1.0f);
        quadrature += std::norm(x.imag());
    }
    EXPECT_GT(in_phase, 10.0);
    EXPECT_GT(quadrature, 10.0);
}

TEST(Modulators, IndependentSidebandsLieOnTheirSidesOfTheCarrier)
{
    const nlohmann::json keys = { { "bandwidth", 0.2 },
                                  { "carrier", { { "independent", 1 } } },
                                  { "depth", 0.5 },
                                  { "message", { { "music", 1 } } } };
    const Signal sidebands = from_modulator("am", keys);
    double upper = 0.0, lower = 0.0, outside = 0.0, difference = 0.0;
    for (double f = 0.001; f < 0.2; f += 0.0005) {
        const double above = std::norm(fourier(sidebands.samples, f, 0, sidebands.samples.size()));
        const double below = std::norm(fourier(sidebands.samples, -f, 0, sidebands.samples.size()));
        (f > 0.105 ? outside : upper) += above;
        (f > 0.105 ? outside : lower) += below;
        difference += std::abs(above - below);
    }
    EXPECT_GT(upper, 1e3 * outside);
    EXPECT_GT(lower, 1e3 * outside);
    EXPECT_GT(difference, 0.1 * (upper + lower)); // one message on both sides has mirrored lines
}

TEST(Modulators, CombHasItsLinesAtTheEdgesOfItsBand)
{
    const Signal comb = from_modulator("comb", { { "bandwidth", 0.2 }, { "lines", 2 }, { "level_db", 0 } });
    for (const double f : { -0.1, 0.1 })
        EXPECT_NEAR(std::abs(fourier(comb.samples, f, 0, comb.samples.size())), 20000.0, 200.0) << f;
    EXPECT_LT(std::abs(fourier(comb.samples, 0.03, 0, comb.samples.size())), 200.0);
}

TEST(Modulators, ImpulsesFillTheirShareOfTheTime)
{
    const Signal impulses = from_modulator("impulses", { { "bandwidth", 0.1 }, { "rate", 0.1 } });
    double loudest = 0.0, loud = 0.0;
    for (const auto& x : impulses.samples)
        loudest = std::max<double>(loudest, std::abs(x));
    for (const auto& x : impulses.samples)
        loud += std::abs(x) > 0.1 * loudest;
    EXPECT_NEAR(loud / 20000.0, 0.1, 0.04);
}

TEST(Recipe, EnergyFollowsTheBurst)
{
    const auto recipe = load_recipe("onair");
    int partial = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Rng rng(seed);
        const auto energy = recipe->receive("MSK", 4096, 20.0f, rng).energy;
        ASSERT_EQ(energy.size(), 4096u / kEnergyStep + 1);
        // Fading moves power about within the block; a burst takes it away altogether.
        partial += energy[8] == 0.0f || energy[60] == energy[64];
        EXPECT_LE(energy.back(), 1.6f * 4096.0f);
    }
    EXPECT_GT(partial, 15); // one in five begins or ends inside
    EXPECT_LT(partial, 60);
}

TEST(Recipe, ReceptionHasItsSnrInItsOwnBand)
{
    // Nothing but noise after the modulator: the power of all bins is signal + noise density.
    ordered_json json = shipped();
    json["stages"] = { { { "stage", "noise" }, { "probability", 1 }, { "colored", 0 }, { "slope_db", 0 } } };
    json["level_db"] = 0;
    const Recipe recipe(json.dump(), "test");
    for (const char* label : { "QPSK", "2FSK", "OFDM" }) {
        Rng rng(3);
        const Reception reception = recipe.receive(label, 32768, 10.0f, rng);
        const double noise = mean_power(reception.samples) - 1.0;
        EXPECT_NEAR(10.0 * std::log10(1.0 / (noise * reception.bandwidth)), 10.0, 0.5) << label;
    }
}

TEST(Recipe, AClassCanHaveALeastSnr)
{
    ordered_json json = shipped();
    json["least_snr_db"]["BPSK"] = 20;
    const Recipe recipe(json.dump(), "mine.json");
    Rng rng(1);
    for (int i = 0; i < 20; ++i)
        EXPECT_GE(recipe.receive("BPSK", 256, 3.0f, rng).snr_db, 20.0f);
    EXPECT_EQ(recipe.receive("BPSK", 256, 25.0f, rng).snr_db, 25.0f);
    EXPECT_EQ(recipe.receive("QPSK", 256, 3.0f, rng).snr_db, 3.0f);
}

TEST(Recipe, UnknownLabelIsNamedWithTheKnownOnes)
{
    Rng rng(1);
    try {
        load_recipe("onair")->receive("5G", 1024, 10.0f, rng);
        FAIL();
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("unknown label: found 5G, expected noise, CW, OOK"),
                  std::string::npos);
    }
}

TEST(Recipe, FaultsOfAFileAreNamed)
{
    EXPECT_EQ(message([](auto&) {}), "");
    EXPECT_EQ(message([](auto& j) { j["format"] = 2; }),
              "mine.json: bad value of 'format': found 2, expected a whole number, 1..1");
    EXPECT_EQ(message([](auto& j) { j.erase("snr_db"); }), "mine.json: missing key 'snr_db'");
    EXPECT_EQ(message([](auto& j) { j["snr"] = 1; }),
              "mine.json: unknown key: found 'snr', expected format, name, description, snr_db, level_db, short, "
              "short_samples, symbols, modulators, classes, stages, weights or least_snr_db");
    EXPECT_NE(message([](auto& j) {
                  j["classes"]["BPSK"]["rolloff"] = 1;
              }).find("mine.json: class BPSK: unknown key: found 'rolloff', expected weight, modulator, "),
              std::string::npos);
    EXPECT_NE(message([](auto& j) {
                  j["classes"]["BPSK"]["constellation"] = "9PSK";
              }).find("mine.json: class BPSK: unknown constellation: found 9PSK, expected 128APSK"),
              std::string::npos);
    EXPECT_NE(message([](auto& j) {
                  j["classes"]["X"] = { { "modulator", "laser" } };
              }).find("mine.json: class X: unknown modulator: found laser, expected linear, keying"),
              std::string::npos);
    EXPECT_EQ(message([](auto& j) {
                  j["modulators"]["linear"]["roll_off"] = { 0.5, 0.2 };
              }),
              "mine.json: class 4ASK: roll_off: not a range: found [0.5,0.2], expected [low, high], low <= high");
    EXPECT_EQ(message([](auto& j) { j["weights"]["BPSK"] = 0; }),
              "mine.json: weights: bad value of 'BPSK': found 0, expected a number, 0.01..100.0");
    EXPECT_NE(
        message([](auto& j) { j["weights"]["BSPK"] = 2; }).find("mine.json: weights: no such class: found BSPK"),
        std::string::npos);
    EXPECT_EQ(message([](auto& j) { j.erase("weights"); }), "");
    EXPECT_EQ(message([](auto& j) { j["stages"][0]["ramp_samples"] = "fast"; }),
              "mine.json: stage 1 (burst): ramp_samples: not a random quantity: found \"fast\", expected a number, "
              "[low, high], {\"log\": [low, high]} or {\"one_of\": [...]}");
    EXPECT_EQ(message([](auto& j) { j["stages"][0]["probability"] = 1.5; }),
              "mine.json: stage 1 (burst): bad value of 'probability': found 1.5, expected a number, 0.0..1.0");
    EXPECT_NE(message([](auto& j) {
                  j["stages"][0]["stage"] = "burts";
              }).find("mine.json: stage 1 (burts): unknown stage: found burts, expected burst, clock_drift"),
              std::string::npos);
    EXPECT_EQ(message([](auto& j) { j["stages"].clear(); }),
              "mine.json: stages bring the noise 0 times: expected one stage \"noise\" of probability 1");
    EXPECT_EQ(
        message([](auto& j) { j["classes"]["QPSK"]["manchester"] = 0.1; }),
        "mine.json: class QPSK: Manchester code is for two symbols: found 4 symbols, expected \"manchester\": 0");
    EXPECT_NE(message([](auto& j) { j = ordered_json::array(); }).find("mine.json: not a JSON object"),
              std::string::npos);
    try {
        Recipe("{ \"format\": 1,, }", "mine.json");
        FAIL();
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("mine.json: not JSON: found at line 1"), std::string::npos)
            << error.what();
    }
}

TEST(Recipe, AClassMayBeAddedByData)
{
    ordered_json json = shipped();
    json["classes"]["32APSK"] = { { "modulator", "linear" }, { "constellation", "32APSK" } };
    json["classes"]["8FSK"] = { { "modulator", "cpm" }, { "tones", 8 }, { "index", 1 } };
    const Recipe recipe(json.dump(), "test");
    Rng rng(1);
    EXPECT_GT(mean_power(recipe.receive("32APSK", 1000, 20.0f, rng).samples), 0.0);
    EXPECT_GT(mean_power(recipe.receive("8FSK", 1000, 20.0f, rng).samples), 0.0);
}

} // namespace
} // namespace prunedamr::synth
