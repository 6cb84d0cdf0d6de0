// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/dsp/signals.h"
#include "prunedamr/dsp/front_end.h"
#include "prunedamr/dsp/welch_spectrum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>

using namespace prunedamr;
using namespace prunedamr::test;
using dsp::BlockInfo;
using dsp::FrontEnd;

namespace {

constexpr int kBlock = 8192;
constexpr int kFrame = 1024;
constexpr float kBin = 1.0f / 512.0f;

FrontEndSpec auto_band()
{
    FrontEndSpec spec;
    spec.kind = FrontEndSpec::Kind::auto_band;
    spec.frame_length = kFrame;
    spec.block_length = kBlock;
    spec.occupied_fraction = 0.5;
    return spec;
}

struct Result {
    BlockInfo info;
    std::vector<float> frames;
};

Result process(FrontEnd& front_end, const Samples& x)
{
    Result r;
    r.frames.resize(static_cast<std::size_t>(front_end.max_frames()) * 2 * kFrame);
    r.info = front_end.process(x.data(), static_cast<int>(x.size()), r.frames.data());
    r.frames.resize(static_cast<std::size_t>(r.info.frames) * 2 * kFrame);
    return r;
}

Result process(const Samples& x)
{
    FrontEnd front_end(auto_band());
    return process(front_end, x);
}

double rms(const float* frame)
{
    return std::sqrt(std::inner_product(frame, frame + 2 * kFrame, frame, 0.0) / kFrame);
}

Samples samples_of(const std::vector<float>& frame)
{
    Samples x(kFrame);
    for (int i = 0; i < kFrame; ++i)
        x[i] = { frame[i], frame[kFrame + i] };
    return x;
}

} // namespace

TEST(WelchSpectrum, BinsSumToMeanPowerAndToneSitsInItsBin)
{
    dsp::WelchSpectrum welch;
    const Samples x = tone(4096, 100.0 / 512.0, 0.5) + white_noise(4096, 0.01, 3);
    const dsp::Spectrum s = welch.measure(x.data(), 4096);
    ASSERT_EQ(s.nfft, 512);
    EXPECT_EQ(s.averages, 15);
    EXPECT_NEAR(std::accumulate(s.psd, s.psd + s.nfft, 0.0), 0.26, 0.005);
    EXPECT_EQ(std::max_element(s.psd, s.psd + s.nfft) - s.psd, 256 + 100);
}

TEST(WelchSpectrum, TakesShorterTransformsForShorterInputAndNoneBelow128)
{
    dsp::WelchSpectrum welch;
    const Samples x = white_noise(2048, 1.0, 4);
    EXPECT_EQ(welch.measure(x.data(), 2048).nfft, 512);
    EXPECT_EQ(welch.measure(x.data(), 2047).nfft, 256);
    EXPECT_EQ(welch.measure(x.data(), 128).nfft, 32);
    EXPECT_EQ(welch.measure(x.data(), 127).nfft, 0);
}

TEST(AutoBand, FindsCenterAndWidthOfBandLimitedNoise)
{
    for (const double center : { -0.31, -0.05, 0.0, 0.2 })
        for (const double bandwidth : { 0.05, 0.12, 0.3 }) {
            const Samples x =
                band_noise(kBlock, center, bandwidth, 1.0, 11) + white_noise(kBlock, 0.1 / bandwidth / 10, 12);
            const BlockInfo info = process(x).info;
            EXPECT_NEAR(info.center, center, 2.5 * kBin) << bandwidth;
            EXPECT_NEAR(info.bandwidth / bandwidth, 1.0, 0.3) << center;
        }
}

TEST(AutoBand, FindsTones)
{
    for (const double frequency : { -0.4, -0.123, 0.0, 0.077, 0.45 }) {
        const BlockInfo info = process(tone(kBlock, frequency) + white_noise(kBlock, 0.01, 5)).info;
        EXPECT_NEAR(info.center, frequency, 1.5 * kBin);
        EXPECT_LT(info.bandwidth, 10 * kBin);
    }
}

TEST(AutoBand, MeasuresSnrInTheBand)
{
    for (const double snr_db : { 0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0 })
        for (const std::uint64_t seed : { 1, 2, 3 }) {
            const double noise_in_band = 0.2 * 0.01;
            const double signal = noise_in_band * std::pow(10.0, snr_db / 10.0);
            const Samples x = band_noise(kBlock, 0.1, 0.2, signal, seed) + white_noise(kBlock, 0.01, seed + 100);
            EXPECT_NEAR(process(x).info.snr_db, snr_db, 2.0) << "seed " << seed;
        }
}

TEST(AutoBand, PulsesOfASampleFillTheBandCarriersDoNot)
{
    for (const int count : { 230, 2000, kBlock })
        for (const double noise : { 1e-4, 0.05 })
            for (const double frequency : { 0.0, -0.0371, 0.2113 }) {
                Rng rng(static_cast<std::uint64_t>(count));
                Samples pulses = tone(count, frequency), carrier = tone(count, frequency, std::sqrt(0.5));
                for (auto& x : pulses)
                    x *= rng.uniform(0.0, 1.0) < 0.5 ? 0.0f : 1.0f;
                carrier = carrier + white_noise(count, 0.25, 95); // as strong as the pulses' sidebands
                EXPECT_EQ(process(pulses + white_noise(count, noise, 96)).info.bandwidth, 1.0f)
                    << count << ", noise " << noise << ", at " << frequency;
                EXPECT_LT(process(carrier).info.bandwidth, 0.2f) << count << ", at " << frequency;
            }
}

/// `x` where a random keying circuit is on: chips of `chip` samples.
Samples keyed(Samples x, int chip, std::uint64_t seed)
{
    Rng rng(seed);
    bool on = true;
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (i % static_cast<std::size_t>(chip) == 0)
            on = rng.uniform(0.0, 1.0) < 0.5;
        x[i] *= on ? 1.0f : 0.0f;
    }
    return x;
}

Samples clipped(Samples x, float limit)
{
    for (auto& v : x)
        v = { std::clamp(v.real(), -limit, limit), std::clamp(v.imag(), -limit, limit) };
    return x;
}

TEST(AutoBand, StrongKeyedCarrierHasTheBandOfItsChips)
{
    for (const int chip : { 100, 200, 400 })
        for (const double frequency : { 0.0071, -0.2 })
            for (const float limit : { 2.0f, 0.02f }) { // also where I and Q are clipped to a square
                const Samples x =
                    clipped(keyed(tone(kBlock, frequency), chip, 97), limit) + white_noise(kBlock, 1e-9, 98);
                const BlockInfo info = process(x).info;
                EXPECT_NEAR(info.center, frequency, 0.5 * info.bandwidth) << chip << ", clipped at " << limit;
                EXPECT_GT(info.bandwidth, 8.0 / chip) << chip << ", clipped at " << limit;
                EXPECT_LT(info.bandwidth, 24.0 / chip) << chip << ", clipped at " << limit;
            }
}

/// `x` in packets, with pauses as long.
Samples in_packets(Samples x, int length)
{
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] *= i / static_cast<std::size_t>(length) % 2 == 0 ? 1.0f : 0.0f;
    return x;
}

TEST(AutoBand, PulsesThatAreModulatedKeepTheirBand)
{
    const Samples wide = keyed(fsk(kBlock, 0.0, 0.3, 0.02, 99), 200, 97) + white_noise(kBlock, 1e-6, 98);
    EXPECT_GT(process(wide).info.bandwidth, 0.3f);
    for (const int symbol : { 8, 16 })
        for (const int packet : { 24, 40, 64, 96 })
            for (const double noise : { 1e-4, 1e-3 }) {
                const double rate = 1.0 / symbol;
                const auto found = [&](const Samples& x) {
                    return process(in_packets(x, packet * symbol) + white_noise(kBlock, noise, 98)).info.bandwidth /
                           rate;
                };
                EXPECT_GT(found(fsk(kBlock, 0.05, 0.3 * rate, rate, 99)), 1.0) << packet << " of " << symbol;
                EXPECT_GT(found(fsk(kBlock, 0.05, 0.5 * rate, rate, 99)), 1.2) << packet << " of " << symbol;
                EXPECT_GT(found(fsk(kBlock, 0.05, 0.6 * rate, rate, 99)), 1.2) << packet << " of " << symbol;
                EXPECT_GT(found(bpsk(kBlock, 0.05, rate, 99)), 1.5) << packet << " of " << symbol;
            }
}

TEST(AutoBand, HasNoSnrWhereAFilterTookTheNoise)
{
    const Samples filtered = band_noise(kBlock, 0.0, 0.3, 1.0, 91) + white_noise(kBlock, 1e-8, 92);
    const BlockInfo info = process(filtered).info;
    EXPECT_NEAR(info.bandwidth, 0.3, 0.03);
    EXPECT_TRUE(std::isnan(info.snr_db)) << info.snr_db;
}

/// Sidelobes of rectangular pulses reach far, but are no noise as long as noise is seen between or beyond them.
TEST(AutoBand, MeasuresSnrOfSignalsWithSkirts)
{
    for (const double snr_db : { 0.0, 5.0, 10.0, 15.0, 20.0, 25.0 })
        for (const double rate : { 0.01, 0.02 }) {
            const double width = 2.0 * rate; // of the main lobe, which holds 90 % of the power
            const Samples x =
                bpsk(kBlock, 0.1, rate, 81) + white_noise(kBlock, 0.9 / width / std::pow(10.0, snr_db / 10.0), 82);
            const BlockInfo info = process(x).info;
            EXPECT_NEAR(info.snr_db, snr_db + 10.0 * std::log10(width / info.bandwidth), 2.0) << rate;
        }
}

TEST(AutoBand, StrongCarrierDoesNotHideItsSidebands)
{
    // AM at modulation index 0.5 by noise up to 0.05: sidebands 12 dB below the carrier in sum, far less per bin.
    Samples x = white_noise(kBlock, 1e-4, 21);
    const Samples audio = band_noise(kBlock, 0.0, 0.1, 2.0, 22);
    for (int i = 0; i < kBlock; ++i)
        x[i] += std::polar(1.0f, 2.0f * static_cast<float>(M_PI) * 0.15f * static_cast<float>(i)) *
                (1.0f + 0.25f * audio[i].real());
    const BlockInfo info = process(x).info;
    EXPECT_NEAR(info.center, 0.15, 3 * kBin);
    EXPECT_NEAR(info.bandwidth, 0.1, 0.03);
}

TEST(AutoBand, TwoTonesOfFskAreOneBand)
{
    for (const double spacing : { 0.1, 0.2, 0.3 })
        for (const double index : { 2.5, 4.0 })
            for (const double noise : { 0.001, 0.2 }) { // over the whole rate: 30 and 7 dB
                const Samples x = fsk(kBlock, 0.05, spacing, spacing / index, 23) + white_noise(kBlock, noise, 25);
                const BlockInfo info = process(x).info;
                const double lobe = spacing / index;
                EXPECT_NEAR(info.center, 0.05, 3 * kBin + 0.1 * lobe) << spacing << ", index " << index;
                EXPECT_GT(info.bandwidth, spacing) << "index " << index << ", noise " << noise;
                EXPECT_LT(info.bandwidth, spacing + 4 * lobe) << "index " << index << ", noise " << noise;
            }
}

TEST(AutoBand, TwoNeighborsAlikeAreNotOneBand)
{
    for (const double noise : { 0.01, 0.3 }) {
        const Samples x = fsk(kBlock, -0.2, 0.02, 0.02, 71) + fsk(kBlock, 0.05, 0.02, 0.02, 72) * 0.9f +
                          white_noise(kBlock, noise, 73);
        const BlockInfo info = process(x).info;
        EXPECT_NEAR(info.center, -0.2, 6 * kBin) << noise;
        EXPECT_LT(info.bandwidth, 0.15) << noise;
    }
}

TEST(AutoBand, SidebandsWithoutACarrierAreOneBand)
{
    Samples x = white_noise(kBlock, 1e-3, 74);
    const Samples audio = band_noise(kBlock, 0.06, 0.05, 2.0, 75); // its real part: 0.035..0.085
    for (int i = 0; i < kBlock; ++i)
        x[i] += std::polar(1.0f, 2.0f * static_cast<float>(M_PI) * 0.1f * static_cast<float>(i)) * audio[i].real();
    const BlockInfo info = process(x).info;
    EXPECT_NEAR(info.center, 0.1, 3 * kBin);
    EXPECT_NEAR(info.bandwidth, 0.17, 0.03);
}

TEST(AutoBand, WeakNeighborIsLeftOut)
{
    const Samples x = band_noise(kBlock, -0.2, 0.1, 1.0, 26) + band_noise(kBlock, 0.05, 0.1, 0.1, 27) +
                      white_noise(kBlock, 0.01, 28);
    const BlockInfo info = process(x).info;
    EXPECT_NEAR(info.center, -0.2, 3 * kBin);
    EXPECT_NEAR(info.bandwidth, 0.1, 6 * kBin);
    EXPECT_NEAR(info.snr_db, 30.0, 2.0); // the neighbor is not taken for noise
}

TEST(AutoBand, FlatNoiseIsTheWholeBand)
{
    FrontEnd front_end(auto_band());
    for (std::uint64_t seed = 0; seed < 200; ++seed)
        for (const int count : { 300, 1500, kBlock }) {
            const BlockInfo info = process(front_end, white_noise(count, 1.0, seed)).info;
            EXPECT_EQ(info.bandwidth, 1.0f) << "seed " << seed << ", count " << count;
            EXPECT_EQ(info.center, 0.0f);
            EXPECT_TRUE(std::isnan(info.snr_db));
            EXPECT_EQ(info.resample_ratio, 1.0f);
        }
}

TEST(AutoBand, BandFillsItsShareAfterResampling)
{
    dsp::WelchSpectrum welch;
    for (const double bandwidth : { 0.1, 0.15, 0.22, 0.3 }) {
        const Result r = process(band_noise(kBlock, 0.17, bandwidth, 1.0, 31) + white_noise(kBlock, 1e-3, 32));
        ASSERT_GE(r.info.frames, 1);
        EXPECT_GE(r.info.resample_ratio, 2.0f * r.info.bandwidth);
        EXPECT_LT(r.info.resample_ratio, 2.0f * r.info.bandwidth * 1.19f);
        const Samples frame = samples_of(r.frames);
        const dsp::Spectrum s = welch.measure(frame.data(), 1024);
        double inside = 0.0;
        const int half = static_cast<int>(0.5 * bandwidth / r.info.resample_ratio * s.nfft) + 4;
        for (int i = s.nfft / 2 - half; i <= s.nfft / 2 + half; ++i)
            inside += s.psd[i];
        EXPECT_GT(inside, 0.97) << bandwidth;
    }
}

TEST(AutoBand, ResamplingKeepsAToneClean)
{
    // A band of two tones: after resampling each must be a pure tone at its place, without images above -50 dB.
    const double f1 = 0.20, f2 = 0.26;
    const Result r = process(tone(kBlock, f1) + tone(kBlock, f2) + white_noise(kBlock, 1e-3, 41));
    ASSERT_LT(r.info.resample_ratio, 1.0f);
    ASSERT_GE(r.info.frames, 1);
    const Samples frame = samples_of(r.frames);
    double residual = 1.0;
    for (const double f : { f1, f2 }) {
        std::complex<double> sum;
        for (int i = 0; i < kFrame; ++i)
            sum += std::complex<double>(frame[i]) *
                   std::polar(1.0, -2.0 * M_PI * (f - r.info.center) / r.info.resample_ratio * i);
        residual -= std::norm(sum / static_cast<double>(kFrame));
    }
    EXPECT_LT(std::abs(residual), 0.01);
}

TEST(AutoBand, FramesDoNotDependOnAmplitude)
{
    const Samples x = band_noise(kBlock, -0.2, 0.15, 1.0, 51) + white_noise(kBlock, 0.01, 52);
    const Result one = process(x);
    for (const float gain : { 1e-3f, 1e3f, 1e-18f, 1e18f }) {
        const Result scaled = process(x * gain);
        ASSERT_EQ(scaled.info.frames, one.info.frames) << gain;
        for (std::size_t i = 0; i < one.frames.size(); ++i)
            ASSERT_NEAR(scaled.frames[i], one.frames[i], 1e-4) << gain;
        EXPECT_NEAR(scaled.info.power_dbfs, std::max(-200.0, one.info.power_dbfs + 20.0 * std::log10(gain)), 1e-2);
        EXPECT_EQ(scaled.info.center, one.info.center);
    }
}

TEST(AutoBand, IsStableAlongAConstantSignal)
{
    FrontEnd front_end(auto_band());
    const Samples x = band_noise(8 * kBlock, 0.1, 0.11, 1.0, 61) + white_noise(8 * kBlock, 0.01, 62);
    for (int start = 0; start + kBlock <= 8 * kBlock; start += 1777) {
        const BlockInfo info = process(front_end, Samples(x.begin() + start, x.begin() + start + kBlock)).info;
        EXPECT_NEAR(info.center, 0.1, 2.5 * kBin) << start;
        EXPECT_NEAR(info.bandwidth, 0.115, 0.012) << start;
        EXPECT_EQ(info.resample_ratio, std::exp2(-2.0f)) << start;
    }
}

TEST(AutoBand, BlockStandsAlone)
{
    FrontEnd used(auto_band());
    const Samples x = band_noise(kBlock, 0.3, 0.1, 1.0, 71) + white_noise(kBlock, 0.01, 72);
    process(used, tone(kBlock, -0.2));
    process(used, white_noise(1000, 1.0, 73));
    EXPECT_EQ(process(used, x).frames, process(x).frames);
}

TEST(AutoBand, ShortInputKeepsEnoughRateForAWholeFrame)
{
    FrontEnd front_end(auto_band());
    const Samples x = band_noise(kBlock, 0.1, 0.06, 1.0, 81) + white_noise(kBlock, 0.01, 82);
    for (const int count : { 128, 500, 1023 }) {
        const Result r = process(front_end, Samples(x.begin(), x.begin() + count));
        ASSERT_EQ(r.info.frames, 1) << count;
        EXPECT_EQ(r.info.resample_ratio, 1.0f) << count;
        EXPECT_EQ(r.frames[count], r.frames[0]); // again from its start
        EXPECT_EQ(r.frames[kFrame + count], r.frames[kFrame]);
        EXPECT_NEAR(rms(r.frames.data()), 1.0, 1e-4);
    }
    for (const int count : { 1024, 1201, 2003, 4001, kBlock }) {
        const Result r = process(front_end, Samples(x.begin(), x.begin() + count));
        ASSERT_GE(r.info.frames, 1) << count;
        EXPECT_NE(r.frames[kFrame - 1], 0.0f) << count;
    }
    EXPECT_EQ(process(front_end, Samples(x.begin(), x.begin() + 127)).info.frames, 0);
    EXPECT_EQ(process(front_end, Samples()).info.frames, 0);
    EXPECT_EQ(process(front_end, Samples(1)).info.frames, 0);
}

TEST(AutoBand, NonFiniteSamplesCountAsZero)
{
    const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
    Samples bad = band_noise(kBlock, 0.1, 0.2, 1.0, 91) + white_noise(kBlock, 0.01, 92);
    Samples zeroed = bad;
    for (const int i : { 0, 77, 4000, kBlock - 1 }) {
        bad[i] = i % 2 ? std::complex<float>(nan, 1.0f) : std::complex<float>(2.0f, -inf);
        zeroed[i] = 0.0f;
    }
    EXPECT_EQ(process(bad).frames, process(zeroed).frames);
    const Result all = process(Samples(kBlock, { nan, nan }));
    EXPECT_EQ(all.info.power_dbfs, -200.0f);
    for (const float v : all.frames)
        ASSERT_EQ(v, 0.0f);
}
