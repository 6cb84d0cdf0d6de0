// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/augment.h"

#include "tests/support/expect_error.h"
#include "prunedamr/model/class_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>

using namespace prunedamr;
using test::expect_error;

namespace {

using Samples = std::vector<std::complex<double>>;

FrontEndSpec front_end(int length, FrontEndSpec::Scale scale = FrontEndSpec::Scale::unit_rms)
{
    FrontEndSpec spec;
    spec.kind = FrontEndSpec::Kind::as_is;
    spec.frame_length = length;
    spec.scale = scale;
    return spec;
}

train::AugmentConfig only(const char* name)
{
    train::AugmentConfig config;
    train::choose_augmentations(config, { name });
    return config;
}

std::vector<float> random_frame(int length, Rng& rng)
{
    std::vector<float> frame;
    for (int n = 0; n < 2 * length; ++n)
        frame.push_back(static_cast<float>(std::sqrt(0.5) * rng.normal()));
    return frame;
}

/// e^{j 2 pi frequency n}
std::vector<float> tone(int length, double frequency)
{
    std::vector<float> frame(static_cast<std::size_t>(2 * length));
    for (int n = 0; n < length; ++n) {
        frame[static_cast<std::size_t>(n)] = static_cast<float>(std::cos(2 * M_PI * frequency * n));
        frame[static_cast<std::size_t>(length + n)] = static_cast<float>(std::sin(2 * M_PI * frequency * n));
    }
    return frame;
}

Samples complex_of(const std::vector<float>& frame)
{
    const std::size_t length = frame.size() / 2;
    Samples samples;
    for (std::size_t n = 0; n < length; ++n)
        samples.emplace_back(frame[n], frame[length + n]);
    return samples;
}

double power_of(const std::vector<float>& frame)
{
    double sum = 0.0;
    for (const auto& x : complex_of(frame))
        sum += std::norm(x);
    return sum / static_cast<double>(frame.size() / 2);
}

constexpr float kUnknownSnr = std::numeric_limits<float>::quiet_NaN();

} // namespace

TEST(Augment, RotationTurnsEveryFrameByOneAngle)
{
    Rng rng(1);
    train::Augmenter augmenter(only("rotate"), front_end(37), { "BPSK" });
    const std::vector<float> plain = random_frame(37, rng);
    std::complex<double> previous;
    for (int trial = 0; trial < 5; ++trial) {
        std::vector<float> turned = plain;
        std::int64_t label = 0;
        augmenter.apply(turned.data(), label, 10.0f, rng);
        const Samples a = complex_of(plain), b = complex_of(turned);
        const std::complex<double> angle = b[0] / a[0];
        for (std::size_t n = 0; n < a.size(); ++n)
            EXPECT_NEAR(std::abs(b[n] - angle * a[n]), 0.0, 1e-5);
        EXPECT_NEAR(std::abs(angle), 1.0, 1e-5);
        EXPECT_GT(std::abs(angle - previous), 1e-3);
        previous = angle;
    }
}

TEST(Augment, ConjugationMirrorsTheSpectrumAndTheLabel)
{
    const std::vector<std::string> names = { "AM-LSB", "QPSK", "AM-USB", "my own", "QAM16" };
    const std::int64_t mirrored_label[] = { 2, 1, 0, 3, 4 };
    train::Augmenter augmenter(only("conjugate"), front_end(16), names);
    Rng rng(2);
    for (std::int64_t truth = 0; truth < 5; ++truth) {
        int mirrored = 0;
        for (int trial = 0; trial < 100; ++trial) {
            const std::vector<float> plain = random_frame(16, rng);
            std::vector<float> frame = plain;
            std::int64_t label = truth;
            augmenter.apply(frame.data(), label, 10.0f, rng);
            const bool changed = frame != plain;
            mirrored += changed;
            EXPECT_EQ(label, changed ? mirrored_label[truth] : truth);
            for (std::size_t n = 0; changed && n < 16; ++n)
                EXPECT_EQ(complex_of(frame)[n], std::conj(complex_of(plain)[n]));
        }
        if (truth == 3)
            EXPECT_EQ(mirrored, 0) << "nobody knows the mirror of a class that is not in the table";
        else
            EXPECT_NEAR(mirrored, 50, 20);
    }
}

TEST(Augment, ClassesWhoseMirrorIsAbsentOrNotToldApartStay)
{
    Rng rng(3);
    for (const std::vector<std::string>& names :
         { std::vector<std::string>{ "AM-USB", "QPSK" }, std::vector<std::string>{ "USB", "LSB" } }) {
        train::Augmenter augmenter(only("conjugate"), front_end(16), names);
        for (int trial = 0; trial < 20; ++trial) {
            const std::vector<float> plain = random_frame(16, rng);
            std::vector<float> frame = plain;
            std::int64_t label = 0;
            augmenter.apply(frame.data(), label, 10.0f, rng);
            EXPECT_EQ(frame, plain);
            EXPECT_EQ(label, 0);
        }
    }
}

TEST(Augment, MirrorsInTheTableOfClassesArePairs)
{
    for (const model::Modulation& row : model::modulations())
        EXPECT_EQ(model::mirror_of(model::mirror_of(row.name)), row.name);
    EXPECT_EQ(model::mirror_of("AM-USB"), "AM-LSB");
    EXPECT_EQ(model::mirror_of("QAM16"), "QAM16");
    EXPECT_EQ(model::mirror_of("my own"), "");
}

TEST(Augment, ShiftKeepsEverySampleAndItsNeighbors)
{
    const int length = 101;
    train::AugmentConfig config = only("shift");
    config.shift_fraction = 0.1;
    train::Augmenter augmenter(config, front_end(length), { "BPSK" });
    Rng rng(4);
    int lowest = length, highest = -length;
    for (int trial = 0; trial < 300; ++trial) {
        std::vector<float> frame;
        for (int n = 0; n < 2 * length; ++n)
            frame.push_back(static_cast<float>(n));
        std::int64_t label = 0;
        augmenter.apply(frame.data(), label, 10.0f, rng);
        const int first = static_cast<int>(frame[0]);
        for (int n = 0; n < length; ++n) {
            EXPECT_EQ(frame[static_cast<std::size_t>(n)], (first + n) % length);
            EXPECT_EQ(frame[static_cast<std::size_t>(length + n)], length + (first + n) % length);
        }
        const int shift = first > length / 2 ? first - length : first;
        lowest = std::min(lowest, shift);
        highest = std::max(highest, shift);
    }
    EXPECT_EQ(lowest, -10);
    EXPECT_EQ(highest, 10);
}

TEST(Interpolator, ReadsTonesWhereverAsked)
{
    train::Interpolator interpolator;
    const int length = 256;
    for (const double frequency : { 0.0, 0.013, 0.2, 0.4 })
        for (const double rate : { 1.0, 0.97, 1.02 }) {
            std::vector<float> tone(length), read(length);
            for (int n = 0; n < length; ++n)
                tone[static_cast<std::size_t>(n)] = static_cast<float>(std::cos(2 * M_PI * frequency * n + 0.3));
            const double first = 0.5 * (length - 1) * (1.0 - rate) + 0.37;
            interpolator.read(tone.data(), length, first, rate, read.data());
            for (int n = 24; n < length - 24; ++n) // nearer the ends the mirror image takes part
                EXPECT_NEAR(read[static_cast<std::size_t>(n)],
                            std::cos(2 * M_PI * frequency * (first + n * rate) + 0.3), 2e-3)
                    << frequency << " " << rate << " " << n;
        }
}

TEST(Interpolator, GoesOnAsTheMirrorImageBeyondTheEnds)
{
    train::Interpolator interpolator;
    const std::vector<float> x = { 1, 5, 2, 7, 3 };
    std::vector<float> read(5);
    interpolator.read(x.data(), 5, -4.0, 1.0, read.data());
    const float before[] = { 3, 7, 2, 5, 1 };
    for (int n = 0; n < 5; ++n)
        EXPECT_NEAR(read[static_cast<std::size_t>(n)], before[n], 1e-5);
    interpolator.read(x.data(), 5, 4.0, 1.0, read.data());
    const float after[] = { 3, 7, 2, 5, 1 };
    for (int n = 0; n < 5; ++n)
        EXPECT_NEAR(read[static_cast<std::size_t>(n)], after[n], 1e-5);
    interpolator.read(x.data(), 5, 0.0, 1.0, read.data());
    for (int n = 0; n < 5; ++n)
        EXPECT_NEAR(read[static_cast<std::size_t>(n)], x[static_cast<std::size_t>(n)], 1e-5);
}

TEST(Augment, ResamplingScalesFrequenciesWithinItsRange)
{
    const int length = 512;
    const double frequency = 0.05;
    train::AugmentConfig config = only("resample");
    config.resample_ppm = 10000;
    train::Augmenter augmenter(config, front_end(length), { "BPSK" });
    Rng rng(6);
    double lowest = 1.0, highest = 1.0;
    for (int trial = 0; trial < 60; ++trial) {
        std::vector<float> frame = tone(length, frequency);
        std::int64_t label = 0;
        augmenter.apply(frame.data(), label, kUnknownSnr, rng);
        const Samples x = complex_of(frame);
        double turned = 0.0;
        for (std::size_t n = 101; n <= 400; ++n)
            turned += std::arg(x[n] * std::conj(x[n - 1]));
        const double rate = turned / (300 * 2 * M_PI * frequency);
        lowest = std::min(lowest, rate);
        highest = std::max(highest, rate);
        for (int n = 30; n < length - 30; ++n) { // about the middle of the frame
            const double phase = 2 * M_PI * frequency * (255.5 + rate * (n - 255.5));
            EXPECT_NEAR(std::abs(x[static_cast<std::size_t>(n)] - std::polar(1.0, phase)), 0.0, 0.02);
        }
        EXPECT_NEAR(power_of(frame), 1.0, 0.003);
    }
    EXPECT_GT(lowest, 0.989);
    EXPECT_LT(lowest, 0.993);
    EXPECT_LT(highest, 1.011);
    EXPECT_GT(highest, 1.007);
}

TEST(Augment, NoiseLowersTheSnrByWhatIsDrawnAndTheScaleIsRestored)
{
    const int length = 4096;
    train::AugmentConfig config = only("noise");
    config.noise_db = 10.0;
    train::Augmenter augmenter(config, front_end(length), { "BPSK" });
    Rng rng(7);
    double sum = 0.0, highest = 0.0;
    const int trials = 200;
    for (int trial = 0; trial < trials; ++trial) {
        // A tone of power 1 in noise of -10 dB, then scaled to 1 as a whole.
        std::vector<float> frame = tone(length, 0.1);
        for (float& value : frame)
            value = static_cast<float>((value + std::sqrt(0.05) * rng.normal()) / std::sqrt(1.1));
        std::int64_t label = 0;
        augmenter.apply(frame.data(), label, 10.0f, rng);
        EXPECT_NEAR(power_of(frame), 1.0, 0.01);
        std::complex<double> amplitude = 0.0;
        const Samples x = complex_of(frame);
        for (int n = 0; n < length; ++n)
            amplitude += x[static_cast<std::size_t>(n)] * std::polar(1.0 / length, -2 * M_PI * 0.1 * n);
        const double signal = std::norm(amplitude);
        const double fall = 10.0 - 10.0 * std::log10(signal / (power_of(frame) - signal));
        EXPECT_GT(fall, -0.4);
        sum += fall;
        highest = std::max(highest, fall);
    }
    EXPECT_NEAR(sum / trials, 5.0, 1.0);
    EXPECT_NEAR(highest, 10.0, 1.0);
}

TEST(Augment, FramesWithoutSnrGetNoNoise)
{
    Rng rng(8);
    train::Augmenter augmenter(only("noise"), front_end(64), { "noise" });
    std::vector<float> plain = tone(64, 0.1), frame = plain;
    std::int64_t label = 0;
    augmenter.apply(frame.data(), label, kUnknownSnr, rng);
    EXPECT_EQ(frame, plain);
}

TEST(Augment, UnitMagnitudeIsRestoredToo)
{
    Rng rng(9);
    train::Augmenter augmenter(only("noise"), front_end(128, FrontEndSpec::Scale::unit_magnitude), { "BPSK" });
    std::vector<float> frame = tone(128, 0.1);
    for (float& value : frame)
        value /= 128.0f;
    std::int64_t label = 0;
    augmenter.apply(frame.data(), label, 0.0f, rng);
    double sum = 0.0;
    for (const auto& x : complex_of(frame))
        sum += std::abs(x);
    EXPECT_NEAR(sum, 1.0, 0.0011);
}

TEST(Augment, AllTogetherFollowTheSeed)
{
    train::AugmentConfig config;
    train::choose_augmentations(config, { "rotate", "conjugate", "shift", "resample", "noise" });
    const std::vector<float> plain = tone(128, 0.1);
    const auto augmented = [&](std::uint64_t seed) {
        train::Augmenter augmenter(config, front_end(128), { "BPSK" });
        Rng rng(seed);
        std::vector<float> frame = plain;
        std::int64_t label = 0;
        augmenter.apply(frame.data(), label, 10.0f, rng);
        return frame;
    };
    EXPECT_EQ(augmented(1), augmented(1));
    EXPECT_NE(augmented(1), augmented(2));
}

TEST(Augment, NoneChangesNothingAndUnknownNamesAreRefused)
{
    train::AugmentConfig config;
    EXPECT_TRUE(config.rotate);
    train::choose_augmentations(config, { "none" });
    for (const train::Augmentation& one : train::augmentations())
        EXPECT_FALSE(config.*one.chosen);
    Rng rng(1);
    train::Augmenter augmenter(config, front_end(16), { "BPSK" });
    std::vector<float> frame = random_frame(16, rng);
    const std::vector<float> plain = frame;
    std::int64_t label = 0;
    augmenter.apply(frame.data(), label, 10.0f, rng);
    EXPECT_EQ(frame, plain);
    expect_error(
        [&] {
            train::choose_augmentations(config, { "rotate", "warp" });
        },
        "unknown augmentation: found warp, expected rotate, conjugate, shift, resample, noise, or none alone");
    expect_error([&] { train::choose_augmentations(config, { "none", "shift" }); }, "found none");
}
