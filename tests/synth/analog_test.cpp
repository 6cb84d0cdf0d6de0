// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/fft.h"
#include "prunedamr/synth/signal/modulators.h"
#include "tests/synth/synth_testing.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace prunedamr::synth {
namespace {

class Messages : public ::testing::TestWithParam<Message>
{
};

TEST_P(Messages, StayWithinOneAndWithinTheirBand)
{
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        Rng rng(seed);
        const double highest = 0.07;
        const auto message = make_message(GetParam(), highest, 4096, rng);
        ASSERT_EQ(message.size(), 4096u);
        Samples spectrum(message.begin(), message.end());
        double peak = 0.0;
        for (const auto& x : spectrum)
            peak = std::max(peak, static_cast<double>(std::abs(x)));
        EXPECT_LE(peak, 1.0);
        EXPECT_GT(peak, 0.05);
        transform_forward(spectrum);
        const auto edge = static_cast<std::size_t>(highest * 1.05 * 4096);
        const double outside = mean_power(spectrum, edge, 2048) * static_cast<double>(2048 - edge);
        const double inside = mean_power(spectrum, 0, edge) * static_cast<double>(edge);
        EXPECT_LT(outside, 0.05 * inside) << "seed " << seed; // limiting spreads a little
    }
}

INSTANTIATE_TEST_SUITE_P(Kinds, Messages,
                         ::testing::Values(Message::voice, Message::scrambled, Message::music, Message::multiplex,
                                           Message::data, Message::quiet));

/// Mean frequency of a message's power, as a fraction of its highest; mean over some messages.
double mean_frequency(Message kind)
{
    double sum = 0.0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        Rng rng(seed);
        const auto message = make_message(kind, 0.1, 4096, rng);
        Samples spectrum(message.begin(), message.end());
        transform_forward(spectrum);
        double power = 0.0, moment = 0.0;
        for (int k = 1; k < 2048; ++k) {
            power += std::norm(spectrum[k]);
            moment += std::norm(spectrum[k]) * k / 409.6;
        }
        sum += moment / power / 20.0;
    }
    return sum;
}

TEST(Analog, ScrambledVoiceIsHighWhereVoiceIsLow)
{
    EXPECT_LT(mean_frequency(Message::voice), 0.45);
    EXPECT_GT(mean_frequency(Message::scrambled), 0.55);
}

TEST(Analog, AmEnvelopeIsTheMessageOnACarrier)
{
    const std::vector<float> message = { 0.0f, 1.0f, -1.0f, 0.5f };
    const Samples x = modulate_am(message, 0.8);
    for (std::size_t n = 0; n < 4; ++n)
        EXPECT_FLOAT_EQ(x[n].real(), 1.0f + 0.8f * message[n]);
    EXPECT_TRUE(modulate_am({}, 1.0).empty());
}

TEST(Analog, OneSidebandStandsInTheMiddleOfItsBand)
{
    std::vector<float> message(4096);
    for (std::size_t n = 0; n < message.size(); ++n)
        message[n] = std::cos(2.0f * static_cast<float>(M_PI) * 0.0625f * static_cast<float>(n));
    const Samples upper = modulate_ssb(message, true, 0.2), lower = modulate_ssb(message, false, 0.2);
    for (std::size_t n = 0; n < 4096; n += 37) {
        const double turns = (0.0625 - 0.1) * static_cast<double>(n);
        EXPECT_LT(std::abs(std::complex<double>(upper[n]) - 0.5 * std::polar(1.0, 2.0 * M_PI * turns)), 1e-3);
        EXPECT_LT(std::abs(std::complex<double>(lower[n]) - 0.5 * std::polar(1.0, -2.0 * M_PI * turns)), 1e-3);
    }
}

TEST(Analog, FmFrequencyIsTheMessage)
{
    std::vector<float> message;
    for (int n = 0; n < 1009; ++n)
        message.push_back(std::sin(0.02f * static_cast<float>(n)));
    const Samples x = modulate_fm(message, 0.11);
    EXPECT_LT(envelope_error(x), 1e-5);
    for (std::size_t n = 1; n < x.size(); ++n)
        EXPECT_NEAR(std::arg(x[n] * std::conj(x[n - 1])) / (2.0 * M_PI), 0.11 * message[n], 1e-5);
}

TEST(Analog, PreEmphasisLiftsHighFrequenciesAndKeepsThePeak)
{
    std::vector<float> low, high;
    for (int n = 0; n < 4000; ++n) {
        low.push_back(std::sin(2.0f * static_cast<float>(M_PI) * 0.001f * static_cast<float>(n)));
        high.push_back(std::sin(2.0f * static_cast<float>(M_PI) * 0.04f * static_cast<float>(n)));
    }
    std::vector<float> both(4000);
    for (std::size_t n = 0; n < 4000; ++n)
        both[n] = 0.5f * (low[n] + high[n]);
    pre_emphasize(both, 0.01);
    float peak = 0.0f;
    double at_low = 0.0, at_high = 0.0;
    for (std::size_t n = 0; n < 4000; ++n) {
        peak = std::max(peak, std::abs(both[n]));
        at_low += both[n] * low[n];
        at_high += both[n] * high[n];
    }
    EXPECT_NEAR(peak, 1.0f, 0.02f);
    EXPECT_NEAR(at_high / at_low, 1.0 + 0.5 * std::pow(2.0 * M_PI * 0.04, 2.0) / (2.0 * M_PI * 0.01), 0.2);
}

} // namespace
} // namespace prunedamr::synth
