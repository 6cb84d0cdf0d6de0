// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/framing.h"

#include "prunedamr/dsp/level.h"

#include <volk/volk.h>

#include <algorithm>
#include <cmath>

namespace prunedamr::dsp {
namespace {

/// What a frame of `frame_length` samples, zeros after the first `count`, is divided by; 0 for an all-zero one.
float level_of(const std::complex<float>* samples, int count, int frame_length, FrontEndSpec::Scale scale) noexcept
{
    if (scale == FrontEndSpec::Scale::unit_rms)
        return std::sqrt(mean_power(samples, count) * static_cast<float>(count) / static_cast<float>(frame_length));
    float sum = 0.0f;
    for (int i = 0; i < count; ++i)
        sum += std::sqrt(std::norm(samples[i]));
    return sum;
}

void write_frame(const std::complex<float>* samples, int count, int frame_length, FrontEndSpec::Scale scale,
                 float* frame) noexcept
{
    const auto n = static_cast<std::size_t>(frame_length);
    std::fill(frame, frame + 2 * n, 0.0f);
    const float level = level_of(samples, count, frame_length, scale);
    if (!(level > 0.0f))
        return;
    volk_32fc_deinterleave_32f_x2(frame, frame + n, samples, static_cast<unsigned>(count));
    volk_32f_s32f_multiply_32f(frame, frame, 1.0f / level, static_cast<unsigned>(2 * n));
}

} // namespace

int write_frames(const std::complex<float>* samples, int count, int frame_length, FrontEndSpec::Scale scale,
                 float* frames) noexcept
{
    if (count <= 0)
        return 0;
    const int whole = count / frame_length;
    if (whole == 0)
        write_frame(samples, count, frame_length, scale, frames);
    for (int f = 0; f < whole; ++f)
        write_frame(samples + static_cast<std::ptrdiff_t>(f) * frame_length, frame_length, frame_length, scale,
                    frames + static_cast<std::ptrdiff_t>(f) * 2 * frame_length);
    return std::max(whole, 1);
}

} // namespace prunedamr::dsp
