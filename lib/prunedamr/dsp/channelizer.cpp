// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/channelizer.h"

#include "prunedamr/base/error.h"

#include <volk/volk.h>

#include <algorithm>
#include <cmath>

namespace prunedamr::dsp {
namespace {

constexpr int kLongestBlock = 1 << 22;
constexpr int kTransient = 256; // more outputs than a stage's filter takes to fill

} // namespace

Channel::Channel(double center, double least_ratio, int output_length)
    : center_(static_cast<float>(center)), output_length_(output_length), input_length_(output_length),
      bank_(kLongestBlock, 1)
{
    PRUNEDAMR_CHECK(least_ratio > 0.0 && output_length > 0, "a channel needs a rate and a length");
    double needed = output_length;
    int left = std::max(0, static_cast<int>(std::floor(-4.0 * std::log2(least_ratio) + 1e-6)));
    while (left > 0) {
        int step = std::min(left, bank_.steps());
        const auto input_for = [&](int k) { return (needed + kTransient) / ResamplerBank::ratio(k); };
        while (step > 0 && input_for(step) > kLongestBlock)
            --step;
        if (step == 0)
            break;
        needed = std::ceil(input_for(step));
        left = step < bank_.steps() ? 0 : left - step;
        steps_.insert(steps_.begin(), step);
    }
    input_length_ = static_cast<int>(needed);
    between_.resize(static_cast<std::size_t>(input_length_));
}

double Channel::ratio() const
{
    double ratio = 1.0;
    for (const int step : steps_)
        ratio *= ResamplerBank::ratio(step);
    return ratio;
}

int Channel::process(std::complex<float>* samples, int count, std::complex<float>* out)
{
    count = std::min(count, input_length_);
    std::complex<float> phase{ 1.0f, 0.0f };
    const std::complex<float> turn = std::polar(1.0f, -2.0f * static_cast<float>(M_PI) * center_);
    if (center_ != 0.0f)
        volk_32fc_s32fc_x2_rotator_32fc(samples, samples, turn, &phase, static_cast<unsigned>(count));
    std::complex<float>* from = samples;
    std::complex<float>* to = between_.data();
    for (const int step : steps_) {
        count = bank_.run(step, from, count, to);
        std::swap(from, to);
    }
    count = std::min(count, output_length_);
    std::copy_n(from, count, out);
    return count;
}

} // namespace prunedamr::dsp
