// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/systems/matcher.h"

#include "tests/dsp/allocations.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

using namespace prunedamr;
using namespace prunedamr::systems;
using measure::Quantity;

namespace {

const Matcher& matcher()
{
    static const Matcher shipped(load_systems());
    return shipped;
}

struct Number {
    Quantity quantity;
    double value, error;
};

/// An emission as a receiver would see it.
struct Seen {
    double mhz, khz;
    const char *label, *family;
    std::vector<Number> numbers;
    double burst_s = NAN;
    double confidence = 0.9;
    double snr_db = 20.0;
};

Matcher::Candidates candidates(const Seen& seen, const Matcher& of = matcher())
{
    measure::Numbers numbers;
    for (const Number& number : seen.numbers)
        numbers[number.quantity] = measure::Estimate{ number.value, number.error };
    Observation observation;
    observation.center_hz = seen.mhz * 1e6;
    observation.bandwidth_hz = seen.khz * 1e3;
    observation.snr_db = seen.snr_db;
    observation.label = seen.label;
    observation.family = seen.family;
    observation.confidence = seen.confidence;
    observation.measured = &numbers;
    observation.burst_s = seen.burst_s;
    return of.candidates(observation);
}

std::vector<std::string> names(const Matcher::Candidates& found, const Matcher& of = matcher())
{
    std::vector<std::string> all;
    for (const Candidate& candidate : found)
        if (candidate.system >= 0)
            all.push_back(of.systems()[static_cast<std::size_t>(candidate.system)].name);
    return all;
}

std::vector<std::string> names(const Seen& seen)
{
    return names(candidates(seen));
}

std::string first(const Seen& seen)
{
    const auto all = names(seen);
    return all.empty() ? "" : all.front();
}

std::string aspects(std::uint32_t bits)
{
    std::string text;
    for (int i = 0; i < kAspects; ++i)
        if (bits >> i & 1u)
            text += (text.empty() ? "" : " ") + std::string(aspect_name(i));
    return text;
}

bool is_among(const std::string& name, const std::vector<std::string>& all)
{
    return std::find(all.begin(), all.end(), name) != all.end();
}

constexpr auto kRate = Quantity::symbol_rate_hz, kDeviation = Quantity::deviation_hz, kTones = Quantity::tones,
               kIndex = Quantity::modulation_index, kChips = Quantity::chip_rate_hz,
               kSpacing = Quantity::subcarrier_spacing_hz, kPrefix = Quantity::cyclic_prefix_s,
               kSlope = Quantity::chirp_rate_hz_per_s, kSpread = Quantity::spreading_factor;

TEST(Matcher, NamesSystemsThatAreMeasured)
{
    const std::vector<std::pair<const char*, Seen>> cases = {
        { "AIS",
          { 161.975, 11, "MSK", "FSK", { { kRate, 9600.4, 0.8 }, { kIndex, 0.497, 0.01 }, { kTones, 2, NAN } } } },
        { "POCSAG 1200",
          { 466.075,
            12,
            "2FSK",
            "FSK",
            { { kRate, 1200.02, 0.05 }, { kDeviation, 4480, 30 }, { kTones, 2, NAN } } } },
        { "POCSAG 2400", { 153.35, 13, "2FSK", "FSK", { { kRate, 2400.0, 0.1 }, { kDeviation, 4510, 30 } } } },
        { "DMR",
          { 439.5, 9, "4FSK", "FSK", { { kRate, 4800.1, 0.3 }, { kDeviation, 1950, 25 }, { kTones, 4, NAN } } } },
        { "M17",
          { 433.475, 9, "4FSK", "FSK", { { kRate, 4800.1, 0.3 }, { kDeviation, 2390, 25 }, { kTones, 4, NAN } } } },
        { "TETRA",
          { 392.1, 21, "pi/4-DQPSK", "PSK", { { kRate, 18000.3, 0.5 }, { Quantity::roll_off, 0.36, 0.05 } } } },
        { "GSM", { 947.2, 220, "MSK", "FSK", { { kRate, 270834, 2 }, { kIndex, 0.49, 0.01 } } } },
        { "DECT", { 1888.704, 1200, "GFSK", "FSK", { { kRate, 1152010, 40 }, { kIndex, 0.51, 0.02 } } } },
        { "Bluetooth LE 1M", { 2402, 1050, "MSK", "FSK", { { kRate, 1000010, 60 }, { kIndex, 0.51, 0.01 } } } },
        { "Bluetooth BR", { 2441, 900, "GFSK", "FSK", { { kRate, 1000010, 60 }, { kIndex, 0.32, 0.01 } } } },
        { "Z-Wave R3", { 869.85, 130, "GFSK", "FSK", { { kRate, 100002, 6 }, { kDeviation, 29000, 400 } } } },
        { "wM-Bus mode C", { 868.95, 180, "2FSK", "FSK", { { kRate, 100002, 4 }, { kDeviation, 45200, 500 } } } },
        { "LoRa 125 kHz",
          { 868.1, 125, "CSS", "CSS", { { kSlope, 125e3 * 125e3 / 512, 2e5 }, { kSpread, 9.0, 0.1 } } } },
        { "DAB", { 227.36, 1530, "OFDM", "OFDM", { { kSpacing, 1000.02, 0.05 }, { kPrefix, 246.1e-6, 5e-7 } } } },
        { "DVB-T 8 MHz",
          { 522, 7600, "OFDM", "OFDM", { { kSpacing, 1116.08, 0.05 }, { kPrefix, 112e-6, 3e-7 } } } },
        { "DRM mode B",
          { 6.03, 9.9, "OFDM", "OFDM", { { kSpacing, 46.877, 0.004 }, { kPrefix, 5.34e-3, 2e-5 } } } },
        { "RS41 radiosonde", { 403.5, 5.2, "GFSK", "FSK", { { kRate, 4800.2, 0.4 }, { kTones, 2, NAN } } } },
        { "VDL mode 2", { 136.975, 14, "8PSK", "PSK", { { kRate, 10500.4, 0.7 } } } },
        { "NAVTEX", { 0.518, 0.3, "2FSK", "FSK", { { kRate, 100.01, 0.01 }, { kDeviation, 85.3, 0.6 } } } },
        { "Meteor-M LRPT", { 137.9, 110, "OQPSK", "PSK", { { kRate, 72000.5, 0.6 } } } },
        { "UMTS", { 2142.6, 4000, "QPSK", "PSK", { { kRate, 3840020, 60 }, { Quantity::roll_off, 0.22, 0.05 } } } },
        { "Iridium", { 1626.27, 32, "QPSK", "PSK", { { kRate, 25001, 1.5 } }, 0.0085 } },
        { "Honeywell 5800", { 345.0, 25, "OOK", "ASK", { { kChips, 7300, 40 } } } },
    };
    for (const auto& [name, seen] : cases) {
        EXPECT_EQ(first(seen), name) << seen.mhz;
        const Candidate best = candidates(seen)[0];
        EXPECT_EQ(aspects(best.misses), "") << name;
        EXPECT_NE(aspects(best.fits).find("band"), std::string::npos) << name;
        EXPECT_NE(aspects(best.fits).find(measure::quantity_name(seen.numbers.front().quantity)), std::string::npos)
            << name;
    }
}

TEST(Matcher, NamesBroadcastAndVoiceByLabelAlone)
{
    EXPECT_EQ(first({ 98.5, 180, "WBFM", "FM", {} }), "FM broadcast");
    EXPECT_EQ(first({ 0.999, 9, "AM-DSB", "AM", {} }), "AM broadcast");
    EXPECT_TRUE(is_among("AM air voice", names({ 124.35, 6, "AM-DSB", "AM", {} })));
    EXPECT_EQ(first({ 156.8, 12, "NBFM", "FM", {} }), "Marine VHF voice");
    EXPECT_EQ(first({ 1090, 2600, "OOK", "ASK", {}, 120e-6 }), "ADS-B 1090ES");
    EXPECT_TRUE(is_among("SSB voice amateur", names({ 14.2, 2.6, "AM-SSB", "AM", {} })));
}

TEST(Matcher, AmbiguousEmissionsHaveSeveralCandidates)
{
    // The same waveform at one frequency.
    const auto narrow = names({ 446.1, 4.5, "4FSK", "FSK", { { kRate, 2400.1, 0.2 }, { kDeviation, 1045, 20 } } });
    EXPECT_TRUE(is_among("dPMR", narrow));
    EXPECT_TRUE(is_among("NXDN 4800", narrow));
    // LTE of 1.4 MHz or a part of a wider one.
    EXPECT_GE(
        names({ 806, 1080, "OFDM", "OFDM", { { kSpacing, 15000.2, 0.3 }, { kPrefix, 4.7e-6, 3e-8 } } }).size(), 2u);
    // The deviation tells M17 and DMR apart, without it both stay.
    const auto four_level = names({ 438.8, 9, "4FSK", "FSK", { { kRate, 4800.1, 0.3 } } });
    EXPECT_GE(four_level.size(), 3u);
}

TEST(Matcher, BeyondFourStandardErrorsExcludesAndBeyondTwoCounts)
{
    Seen seen{ 466.075, 12, "2FSK", "FSK", { { kRate, 1200.0, 0.1 }, { kDeviation, 4500, 20 } } };
    EXPECT_EQ(names(seen), std::vector<std::string>{ "POCSAG 1200" });
    // The tolerance of 1200 Bd is 0.24 Bd, the receiver's clock may add 0.12.
    seen.numbers[0].value = 1200.36 + 0.1;
    EXPECT_EQ(aspects(candidates(seen)[0].misses), "");
    seen.numbers[0].value = 1200.36 + 0.3;
    EXPECT_EQ(aspects(candidates(seen)[0].misses), "symbol_rate_hz");
    seen.numbers[0].value = 1200.37 + 0.4;
    EXPECT_FALSE(is_among("POCSAG 1200", names(seen)));
    seen.numbers = { { kRate, 1200.0, 0.1 }, { kDeviation, 2500, 20 } };
    EXPECT_FALSE(is_among("POCSAG 1200", names(seen)));
}

TEST(Matcher, OutsideOfTheBandANumberMustFit)
{
    // A satellite receiver's converter: 10.489 GHz comes out at 739 MHz; here AIS on an intermediate frequency.
    const Seen shifted{ 21.4, 11, "MSK", "FSK", { { kRate, 9600.4, 0.8 }, { kIndex, 0.497, 0.01 } } };
    const auto found = candidates(shifted);
    EXPECT_TRUE(is_among("AIS", names(found)));
    EXPECT_EQ(aspects(found[0].misses), "band");
    EXPECT_TRUE(names({ 21.4, 11, "MSK", "FSK", {} }).empty());
    EXPECT_TRUE(names({ 21.4, 11, "MSK", "FSK", { { kTones, 2, NAN } } }).empty()); // two tones are no news
}

TEST(Matcher, AFrequencyAloneNamesNothing)
{
    EXPECT_TRUE(names({ 161.975, 11, "noise", "noise", {} }).empty());
    EXPECT_TRUE(names({ 161.975, 11, "unknown", "unknown", {} }).empty());
    EXPECT_TRUE(names({ 161.975, 11, "", "", {} }).empty());
    EXPECT_TRUE(names({ 1090, 2600, "OFDM", "OFDM", {} }).empty());                             // another family
    EXPECT_TRUE(names({ 161.975, 11, "noise", "noise", { { kRate, 9600.4, 0.8 } } }).empty());  // noise is noise
    EXPECT_EQ(first({ 161.975, 11, "unknown", "unknown", { { kRate, 9600.4, 0.8 } } }), "AIS"); // a number is more
}

TEST(Matcher, ALabelOfAnotherFamilyIsOutweighedByNumbersOnly)
{
    const Seen taken_for_fm{
        439.5, 9, "NBFM", "FM", { { kRate, 4800.1, 0.3 }, { kDeviation, 1950, 25 } }, NAN, 0.6
    };
    const auto found = candidates(taken_for_fm);
    EXPECT_TRUE(is_among("DMR", names(found)));
    EXPECT_EQ(first({ 439.5, 9, "NBFM", "FM", {} }).find("DMR"), std::string::npos);
}

TEST(Matcher, AFamilyAsLabelFitsByFamily)
{
    const auto found = candidates({ 392.1, 21, "PSK", "PSK", { { kRate, 18000.3, 0.5 } } });
    EXPECT_EQ(names(found).front(), "TETRA");
    EXPECT_NE(aspects(found[0].fits).find("family"), std::string::npos);
    EXPECT_EQ(aspects(found[0].fits).find("label"), std::string::npos);
    // FM is a class of its own in the table of classes: here it stands for narrow and wide.
    EXPECT_EQ(first({ 98.5, 180, "FM", "FM", {} }), "FM broadcast");
}

TEST(Matcher, ABandwidthFarOffExcludesUnlessTheSignalIsWeak)
{
    Seen narrow{ 98.5, 8, "WBFM", "FM", {} };
    EXPECT_FALSE(is_among("FM broadcast", names(narrow)));
    narrow.khz = 30;
    narrow.snr_db = 1.0;
    const auto found = candidates(narrow);
    EXPECT_TRUE(is_among("FM broadcast", names(found)));
    EXPECT_NE(aspects(found[0].misses).find("bandwidth_hz"), std::string::npos);
}

TEST(Matcher, ComesWithNoMoreThanFitsNearlyAsWell)
{
    for (const double mhz : { 100.0, 161.975, 433.92, 868.3, 2440.0, 1575.42, 7.1 })
        for (const char* label : { "OOK", "GFSK", "OFDM", "QPSK", "NBFM", "CW" }) {
            const auto found = candidates({ mhz, 12, label, "", {} });
            for (int i = 1; i < Matcher::kMost; ++i) {
                if (found[i].system < 0)
                    continue;
                EXPECT_GE(found[i - 1].score, found[i].score);
                EXPECT_LE(found[0].score - found[i].score, 5.0f);
                EXPECT_NE(found[i - 1].system, found[i].system);
            }
        }
}

TEST(Matcher, OwnSystemsTakePart)
{
    System own;
    own.name = "Own";
    own.bands = { { { 2e6, 3e6 }, "here" } };
    own.bandwidth_hz = { 900, 1100 };
    own.labels = { "8PSK" };
    own.measured = { { kRate, { { 799, 801 } } } };
    own.sources = { "my notes" };
    const Matcher mine({ own });
    EXPECT_EQ(names(candidates({ 2.5, 1, "8PSK", "PSK", { { kRate, 800, 0.1 } } }, mine), mine),
              std::vector<std::string>{ "Own" });
    EXPECT_TRUE(names(candidates({ 2.5, 1, "8PSK", "PSK", { { kRate, 805, 0.1 } } }, mine), mine).empty());
    EXPECT_TRUE(names(candidates({ 2.5, 1, "8PSK", "PSK", {} }, Matcher({})), mine).empty());
}

TEST(Matcher, SurvivesNumbersThatAreNone)
{
    for (const double bad : { static_cast<double>(NAN), static_cast<double>(INFINITY), -1e300, 0.0 }) {
        names({ bad, bad, "GFSK", "FSK", { { kRate, bad, bad }, { kTones, bad, bad } }, bad, bad, bad });
        names({ 161.975, 11, "MSK", "FSK", { { kRate, bad, 1.0 } } });
        names({ 161.975, 11, "MSK", "FSK", { { kRate, 9600, bad } } });
    }
    EXPECT_EQ(names({ 161.975, 11, "MSK", "FSK", { { kRate, NAN, 1.0 } } }),
              names({ 161.975, 11, "MSK", "FSK", {} }));
}

#ifndef PRUNEDAMR_SANITIZED
TEST(Matcher, AllocatesNothing)
{
    measure::Numbers numbers;
    numbers[kRate] = measure::Estimate{ 9600.0, 1.0 };
    Observation seen;
    seen.center_hz = 161.975e6;
    seen.bandwidth_hz = 11e3;
    seen.label = "MSK";
    seen.family = "FSK";
    seen.measured = &numbers;
    matcher();
    const std::size_t before = test::allocations();
    const auto found = matcher().candidates(seen);
    EXPECT_EQ(test::allocations() - before, 0u);
    EXPECT_GE(found[0].system, 0);
}
#endif

} // namespace
