// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/framing.h"

#include "prunedamr/dsp/level.h"

#include <volk/volk.h>

#include <algorithm>
#include <cmath>

namespace prunedamr::dsp {
namespace {

float sum_of(const std::complex<float>* samples, int count, FrontEndSpec::Scale scale) noexcept
{
    if (scale == FrontEndSpec::Scale::unit_rms)
        return count > 0 ? mean_power(samples, count) * static_cast<float>(count) : 0.0f;
    float sum = 0.0f;
    for (int i = 0; i < count; ++i)
        sum += std::sqrt(std::norm(samples[i]));
    return sum;
}

/// What a frame of these samples, repeated to `frame_length`, is divided by; 0 for an all-zero one.
float level_of(const std::complex<float>* samples, int count, int frame_length, FrontEndSpec::Scale scale) noexcept
{
    const float sum = sum_of(samples, count, scale) * static_cast<float>(frame_length / count) +
                      sum_of(samples, frame_length % count, scale);
    return scale == FrontEndSpec::Scale::unit_rms ? std::sqrt(sum / static_cast<float>(frame_length)) : sum;
}

void repeat(float* values, int count, int length) noexcept
{
    for (int filled = count; filled < length; filled *= 2)
        std::copy_n(values, std::min(filled, length - filled), values + filled);
}

void write_frame(const std::complex<float>* samples, int count, int frame_length, FrontEndSpec::Scale scale,
                 float* frame) noexcept
{
    float *in_phase = frame, *quadrature = frame + frame_length;
    const float level = level_of(samples, count, frame_length, scale);
    if (!(level > 0.0f)) {
        std::fill(frame, frame + 2 * static_cast<std::ptrdiff_t>(frame_length), 0.0f);
        return;
    }
    volk_32fc_deinterleave_32f_x2(in_phase, quadrature, samples, static_cast<unsigned>(count));
    for (float* values : { in_phase, quadrature }) {
        volk_32f_s32f_multiply_32f(values, values, 1.0f / level, static_cast<unsigned>(count));
        repeat(values, count, frame_length);
    }
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
