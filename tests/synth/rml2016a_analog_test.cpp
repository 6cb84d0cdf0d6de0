// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/synth/rml2016a/rml2016a_transmitters.h"
#include "tests/synth/synth_testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

namespace prunedamr::synth {
namespace {

std::vector<float> tone(double frequency_hz, double amplitude, int count = 10000)
{
    std::vector<float> audio(static_cast<std::size_t>(count));
    for (int n = 0; n < count; ++n)
        audio[n] = static_cast<float>(amplitude * std::cos(2.0 * M_PI * frequency_hz * n / 44.1e3));
    return audio;
}

constexpr double kStepHz = 220.5e3 / 20000; // frequencies that fit the window below

/// Instantaneous frequency, Hz, of 20,000 samples in the middle.
Samples deviation_hz(const Samples& x)
{
    Samples out(20000);
    for (std::size_t n = 0; n < out.size(); ++n) {
        const std::complex<double> before(x[n + 9999]), now(x[n + 10000]);
        out[n] = static_cast<float>(std::arg(now * std::conj(before)) / (2.0 * M_PI) * 220.5e3);
    }
    return out;
}

double tone_deviation_hz(double frequency_hz, double amplitude)
{
    const Samples deviation = deviation_hz(rml2016a_wbfm(tone(frequency_hz, amplitude)));
    return 2.0 * std::abs(fourier(deviation, frequency_hz / 220.5e3, 0, deviation.size())) / 20000.0;
}

/// Gain of the 75 us network at `frequency_hz`, its upper corner 102 kHz, both corners prewarped.
double pre_emphasis(double frequency_hz)
{
    const double w = std::tan(M_PI * frequency_hz / 220.5e3);
    const double low = std::tan(1.0 / 75e-6 / (2.0 * 220.5e3)), high = std::tan(M_PI * 0.925 / 2.0);
    return std::hypot(1.0, w / low) / std::hypot(1.0, w / high);
}

TEST(Rml2016aAnalog, WbfmDeviatesBy75KilohertzForFullScale)
{
    const Samples x = rml2016a_wbfm(std::vector<float>(10000, 0.5f));
    ASSERT_EQ(x.size(), 50000u);
    EXPECT_LT(envelope_error(x), 1e-5);
    EXPECT_NEAR(std::abs(fourier(deviation_hz(x), 0.0, 0, 20000)) / 20000.0, 37.5e3, 10.0);
}

TEST(Rml2016aAnalog, WbfmFollowsThePreEmphasis)
{
    EXPECT_NEAR(pre_emphasis(1.0 / (2.0 * M_PI * 75e-6)), std::sqrt(2.0), 0.01); // its corner, 2122 Hz
    for (const int step : { 9, 192, 454, 1088 }) {                               // 99 Hz .. 12 kHz
        const double expected = 75e3 * 0.05 * pre_emphasis(step * kStepHz);
        EXPECT_NEAR(tone_deviation_hz(step * kStepHz, 0.05) / expected, 1.0, 0.02) << step * kStepHz;
    }
    const double stopped_hz = 1814 * kStepHz; // 20 kHz
    EXPECT_LT(tone_deviation_hz(stopped_hz, 0.05), 0.02 * 75e3 * 0.05 * pre_emphasis(stopped_hz));
}

TEST(Rml2016aAnalog, AmIsOnePlusTheAudioInterpolated)
{
    const Samples x = rml2016a_am_dsb(tone(441.0, 0.25));
    EXPECT_NEAR(static_cast<double>(x.size()), 10000 / 0.2205, 40.0);
    for (std::size_t n = 0; n < x.size(); ++n) {
        const double expected =
            1.0 + 0.25 * std::cos(2.0 * M_PI * 441.0 * (static_cast<double>(n) / 200e3 + 3 / 44.1e3));
        ASSERT_NEAR(x[n].real(), expected, 2e-3) << n;
        ASSERT_EQ(x[n].imag(), 0.0f);
    }
}

TEST(Rml2016aAnalog, SsbHasOneSidebandAndNoCarrier)
{
    const Samples x = rml2016a_ssb(tone(2000.0, 0.1));
    EXPECT_NEAR(mean_power(x), 1.0, 1e-3);
    const double upper = std::norm(fourier(x, 0.01, 5000, 35000)),
                 lower = std::norm(fourier(x, -0.01, 5000, 35000));
    EXPECT_GT(upper, 1e5 * lower);
    EXPECT_GT(upper, 1e5 * std::norm(fourier(x, 0.0, 5000, 35000)));
}

TEST(Rml2016aAudio, IsMostlySilentWhereTheChainsReadIt)
{
    const auto audio = rml2016a_builtin_audio();
    EXPECT_EQ(audio, rml2016a_builtin_audio());
    ASSERT_GE(audio.size(), 2 * kRml2016aAudioSamples);
    float quiet = 0.0f, soft = 0.0f, largest = 0.0f;
    for (std::size_t n = 0; n < audio.size(); ++n) {
        auto& level = n < kRml2016aVoiceOnset ? quiet : n < kRml2016aAudioSamples ? soft : largest;
        level = std::max(level, std::abs(audio[n]));
        ASSERT_EQ(audio[n] * 65535.0f, std::round(audio[n] * 65535.0f));
    }
    EXPECT_GT(quiet, 0.0f);
    EXPECT_LE(quiet, 3.1f / 65535.0f);
    EXPECT_GT(soft, 0.01f);
    EXPECT_LT(soft, 0.06f); // AM-DSB stays close to a bare carrier
    EXPECT_GT(largest, 0.2f);
    EXPECT_LE(largest, 0.5f);
}

class AudioFile : public testing::Test
{
protected:
    std::string write(const std::string& bytes) const
    {
        const std::string path = testing::TempDir() + "rml2016a_audio.raw";
        std::ofstream(path, std::ios::binary) << bytes;
        return path;
    }

    static std::string complaint(const std::string& path)
    {
        try {
            read_rml2016a_audio(path);
        } catch (const Error& error) {
            return error.what();
        }
        return "none";
    }
};

TEST_F(AudioFile, IsLittleEndianAndDividedBy65535)
{
    std::string bytes(20000, '\0');
    bytes.replace(0, 6, std::string("\xff\x7f\x00\x80\x01\x00", 6));
    const auto audio = read_rml2016a_audio(write(bytes));
    ASSERT_EQ(audio.size(), 10000u);
    EXPECT_FLOAT_EQ(audio[0], 32767.0f / 65535.0f);
    EXPECT_FLOAT_EQ(audio[1], -32768.0f / 65535.0f);
    EXPECT_FLOAT_EQ(audio[2], 1.0f / 65535.0f);
    EXPECT_EQ(audio[3], 0.0f);
}

TEST_F(AudioFile, RefusesWhatIsNone)
{
    EXPECT_NE(complaint(write(std::string(19998, 'x'))).find("19998 bytes"), std::string::npos);
    EXPECT_NE(complaint(write(std::string(20001, 'x'))).find("20001 bytes"), std::string::npos);
    EXPECT_NE(complaint("no/such.raw").find("no/such.raw"), std::string::npos);
}

} // namespace
} // namespace prunedamr::synth
