// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/dsp/signals.h"
#include "prunedamr/base/error.h"
#include "prunedamr/dsp/front_end.h"

#include <gtest/gtest.h>

using namespace prunedamr;
using namespace prunedamr::test;

namespace {

FrontEndSpec as_is(int frame_length, int block_length)
{
    FrontEndSpec spec;
    spec.kind = FrontEndSpec::Kind::as_is;
    spec.frame_length = frame_length;
    spec.block_length = block_length;
    return spec;
}

/// The contract, written plainly: unit RMS over the frame, I then Q, repeated from their start.
std::vector<float> plain_frame(const Samples& x, int start, int count, int length)
{
    double power = 0.0;
    for (int i = 0; i < length; ++i)
        power += std::norm(std::complex<double>(x[start + i % count]));
    const double gain = power > 0.0 ? 1.0 / std::sqrt(power / length) : 0.0;
    std::vector<float> frame(2 * length);
    for (int i = 0; i < length; ++i) {
        frame[i] = static_cast<float>(gain * x[start + i % count].real());
        frame[length + i] = static_cast<float>(gain * x[start + i % count].imag());
    }
    return frame;
}

} // namespace

TEST(AsIs, CutsConsecutiveFramesOfUnitRms)
{
    for (const int length : { 16, 127, 128 }) {
        const int block = 5 * length + 3;
        dsp::FrontEnd front_end(as_is(length, block));
        ASSERT_EQ(front_end.max_frames(), 5);
        const Samples x = white_noise(block, 0.04, 7);
        std::vector<float> frames(5 * 2 * length);
        for (const int count : { length, length + 1, 3 * length - 1, 5 * length, block }) {
            const auto info = front_end.process(x.data(), count, frames.data());
            ASSERT_EQ(info.frames, count / length);
            EXPECT_EQ(info.center, 0.0f);
            EXPECT_EQ(info.bandwidth, 1.0f);
            EXPECT_TRUE(std::isnan(info.snr_db));
            for (int f = 0; f < info.frames; ++f) {
                const auto expected = plain_frame(x, f * length, length, length);
                for (int i = 0; i < 2 * length; ++i)
                    ASSERT_NEAR(frames[f * 2 * length + i], expected[i], 1e-4);
            }
        }
    }
}

TEST(AsIs, RepeatsWhatIsShorterThanAFrame)
{
    dsp::FrontEnd front_end(as_is(128, 256));
    ASSERT_EQ(front_end.min_samples(), 16);
    const Samples x = white_noise(256, 1.0, 8);
    std::vector<float> frames(2 * 2 * 128);
    for (const int count : { 0, 1, 15 })
        EXPECT_EQ(front_end.process(x.data(), count, frames.data()).frames, 0);
    for (const int count : { 16, 17, 97, 127 }) {
        ASSERT_EQ(front_end.process(x.data(), count, frames.data()).frames, 1);
        const auto expected = plain_frame(x, 0, count, 128);
        for (int i = 0; i < 256; ++i)
            ASSERT_NEAR(frames[i], expected[i], 1e-4);
    }
}

TEST(AsIs, MeasuresPower)
{
    dsp::FrontEnd front_end(as_is(128, 1024));
    std::vector<float> frames(8 * 2 * 128);
    EXPECT_NEAR(front_end.process(tone(1024, 0.1, 0.01).data(), 1024, frames.data()).power_dbfs, -40.0, 1e-3);
    EXPECT_NEAR(front_end.process(tone(1024, 0.1, 30.0).data(), 1024, frames.data()).power_dbfs, 29.542, 1e-3);
    const auto silent = front_end.process(Samples(1024).data(), 1024, frames.data());
    EXPECT_EQ(silent.power_dbfs, -200.0f);
    EXPECT_EQ(silent.frames, 8);
    for (const float v : frames)
        ASSERT_EQ(v, 0.0f);
}

TEST(FrontEnd, RefusesASpecOutsideItsRanges)
{
    try {
        dsp::FrontEnd front_end(as_is(4, 128));
        FAIL();
    } catch (const Error& e) {
        EXPECT_STREQ(e.what(), "FrontEndSpec: front end: bad value of 'frame_length': found 4, expected a whole number, 16..65536");
    }
}
