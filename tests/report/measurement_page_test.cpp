// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/measure/measurer.h"
#include "prunedamr/report/measurement_page.h"
#include "tests/dsp/signals.h"
#include "tests/report/well_formed.h"

#include <cmath>
#include <limits>

namespace prunedamr::report {
namespace {

using measure::Estimate;
using measure::Quantity;

constexpr double kRate = 200e3;

/// 2FSK of 5 kBd and 20 kHz deviation, or QPSK of 10 kBd and rectangular pulses, in a little noise.
std::vector<std::complex<float>> keyed(bool is_fsk)
{
    auto samples = test::white_noise(16384, 1e-4, 3);
    Rng random(7);
    double phase = 0.0, frequency = 0.0;
    std::complex<float> symbol = 0.0f;
    for (std::size_t n = 0; n < samples.size(); ++n) {
        if (n % (is_fsk ? 40 : 20) == 0) {
            frequency = random.integer(0, 1) ? 20e3 : -20e3;
            symbol = std::polar(0.5f, static_cast<float>(M_PI / 2.0 * random.integer(0, 3) + 0.3));
        }
        phase = std::fmod(phase + 2.0 * M_PI * frequency / kRate, 2.0 * M_PI);
        samples[n] += is_fsk ? std::polar(0.5f, static_cast<float>(phase)) : symbol;
    }
    return samples;
}

MeasuredDecision measured(std::vector<std::complex<float>> samples, double bandwidth_hz)
{
    measure::Measurer measurer;
    const measure::Piece piece{ samples.data(), samples.size() };
    measure::Decision decision;
    decision.pieces = &piece;
    decision.piece_count = 1;
    decision.sample_rate_hz = kRate;
    decision.bandwidth_hz = bandwidth_hz;
    MeasuredDecision result;
    result.duration_s = static_cast<double>(samples.size()) / kRate;
    result.bandwidth_hz = bandwidth_hz;
    result.found = measurer.measure(decision);
    result.samples = std::move(samples);
    return result;
}

TEST(MeasurementPage, HoldsNumbersOddsAndDrawings)
{
    MeasuredCapture capture{ "a<b.sigmf-meta", kRate, 433.92e6, {} };
    capture.decisions.push_back(measured(keyed(false), 20e3));
    capture.decisions.push_back(measured(keyed(true), 60e3));
    capture.decisions.push_back(measured(test::white_noise(16384, 1e-4, 5), 60e3));
    capture.decisions.push_back(capture.decisions.front());
    capture.decisions.back().samples.clear(); // in the table only
    capture.decisions.back().label = "<mine>";
    const std::string page = measurement_page(capture);
    EXPECT_TRUE(well_formed(page));
    EXPECT_EQ(count_of(page, "a&lt;b.sigmf-meta"), 2);
    EXPECT_EQ(count_of(page, "&lt;mine&gt;"), 1);
    EXPECT_EQ(count_of(page, "<section"), 3);
    EXPECT_EQ(count_of(page, "Symbols, Q"), 1);
    EXPECT_EQ(count_of(page, "Eye, I"), 1);
    EXPECT_EQ(count_of(page, "Eye of the discriminator, kHz"), 1);
    EXPECT_EQ(count_of(page, "Phase advances in a symbol"), 1);
    EXPECT_EQ(count_of(page, "Spectrum, dBFS"), 3);
    EXPECT_EQ(count_of(page, "nothing: "), 2); // table and section
    EXPECT_GE(count_of(page, "433.920000 MHz"), 4);
    EXPECT_EQ(count_of(page, "nan") + count_of(page, "inf"), 0);
    EXPECT_EQ(count_of(page, "http"), count_of(page, "xmlns=\"http://www.w3.org/2000/svg\""));
    EXPECT_EQ(count_of(page, "<script") + count_of(page, "url(") + count_of(page, "@import"), 0);
}

TEST(MeasurementPage, SamplesThatAreNoneStillMakeAPage)
{
    for (const std::size_t count : { 64u, 2000u })
        for (const float value : { 0.0f, std::numeric_limits<float>::quiet_NaN() }) {
            MeasuredCapture capture{ "x", kRate, {}, {} };
            capture.decisions.push_back(measured(std::vector<std::complex<float>>(count, value), 1e3));
            EXPECT_TRUE(well_formed(measurement_page(capture))) << count << ' ' << value;
        }
}

TEST(MeasurementPage, NumbersHaveTheDigitsThatTheirErrorLeaves)
{
    EXPECT_EQ(estimate_text(Quantity::symbol_rate_hz, { 9600.6427, 1.23 }), "9600.6 \u00b1 1.2 Hz");
    EXPECT_EQ(estimate_text(Quantity::carrier_hz, { -12345.6, 178.0 }), "\u221212346 \u00b1 178 Hz");
    EXPECT_EQ(estimate_text(Quantity::tones, { 4.0, std::nan("") }), "4");
    EXPECT_EQ(quantity_title(Quantity::chirp_rate_hz_per_s), "chirp rate");
    EXPECT_EQ(estimate_text(Quantity::cyclic_prefix_s, { 8e-7, 1e-8 }), "0.000000800 \u00b1 0.000000010 s");
    EXPECT_EQ(frequency_text(127900.0), "127.9 kHz");
}

} // namespace
} // namespace prunedamr::report
