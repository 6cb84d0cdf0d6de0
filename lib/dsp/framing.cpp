// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/framing.h"

#include "prunedamr/dsp/level.h"

#include <volk/volk.h>

#include <algorithm>
#include <cmath>

namespace prunedamr::dsp {
namespace {

void write_frame(const std::complex<float>* samples, int count, int frame_length, float* frame) noexcept
{
    const auto n = static_cast<std::size_t>(frame_length);
    std::fill(frame, frame + 2 * n, 0.0f);
    const float power = mean_power(samples, count) * static_cast<float>(count) / static_cast<float>(frame_length);
    if (!(power > 0.0f))
        return;
    volk_32fc_deinterleave_32f_x2(frame, frame + n, samples, static_cast<unsigned>(count));
    volk_32f_s32f_multiply_32f(frame, frame, 1.0f / std::sqrt(power), static_cast<unsigned>(2 * n));
}

} // namespace

int write_frames(const std::complex<float>* samples, int count, int frame_length, float* frames) noexcept
{
    if (count <= 0)
        return 0;
    const int whole = count / frame_length;
    if (whole == 0)
        write_frame(samples, count, frame_length, frames);
    for (int f = 0; f < whole; ++f)
        write_frame(samples + static_cast<std::ptrdiff_t>(f) * frame_length, frame_length, frame_length,
                    frames + static_cast<std::ptrdiff_t>(f) * 2 * frame_length);
    return std::max(whole, 1);
}

} // namespace prunedamr::dsp
