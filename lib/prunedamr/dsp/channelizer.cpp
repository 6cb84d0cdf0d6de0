// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/channelizer.h"

#include "prunedamr/base/error.h"
#include "prunedamr/dsp/fft.h"

#include <volk/volk.h>
#include <volk/volk_alloc.hh>

#include <algorithm>
#include <cmath>

namespace prunedamr::dsp {
namespace {

constexpr int kEdgeShare = 8; ///< of a channel's bins are each of its two edges

} // namespace

struct ChannelBank::Inverse {
    explicit Inverse(int n) : length(n), bins(n), samples(n), fft(n, FftDirection::backward) {}

    int length;
    volk::vector<std::complex<float>> bins, samples; ///< of the segment at hand
    Fft fft;
};

ChannelBank::ChannelBank(int nfft) : nfft_(nfft)
{
    PRUNEDAMR_CHECK(nfft >= kLeastLength && (nfft & (nfft - 1)) == 0, "a bank of channels is a power of two long");
    for (int length = kLeastLength; length < nfft; length *= 2)
        for (const int n : { length, length / 4 * 5, length / 2 * 3 })
            inverses_.push_back(std::make_unique<Inverse>(n));
    inverses_.push_back(std::make_unique<Inverse>(nfft));
    warm_up();
}

/// VOLK chooses its kernels, and allocates, when each is first called: those for aligned and for other addresses.
void ChannelBank::warm_up()
{
    const volk::vector<std::complex<float>> spectrum(static_cast<std::size_t>(nfft_));
    const volk::vector<float> weights(kLeastLength);
    volk::vector<std::complex<float>> out(kLeastLength / 2 + 1);
    for (const int shift : { 0, 1 })
        run(spectrum.data(), shift, false, weights.data(), kLeastLength, out.data() + shift);
}

ChannelBank::~ChannelBank() = default;
ChannelBank::ChannelBank(ChannelBank&&) noexcept = default;

ChannelBank::Inverse& ChannelBank::inverse(int length) const noexcept
{
    for (const auto& each : inverses_)
        if (each->length >= length)
            return *each;
    return *inverses_.back();
}

int ChannelBank::length_for(double bins) const noexcept
{
    return inverse(static_cast<int>(std::ceil(std::min(bins, static_cast<double>(nfft_))))).length;
}

void ChannelBank::write_weights(int length, float* weights) const noexcept
{
    const int edge = length / kEdgeShare;
    for (int i = 0; i <= length / 2; ++i) {
        const float rise = i < edge ? 0.5f - 0.5f * std::cos(static_cast<float>(M_PI) * i / edge) : 1.0f;
        weights[i] = rise;
        if (i > 0)
            weights[length - i] = rise;
    }
}

void ChannelBank::run(const std::complex<float>* spectrum, int middle, bool odd, const float* weights, int length,
                      std::complex<float>* out) noexcept
{
    Inverse& use = inverse(length);
    const int half = length / 2;
    // Of the DFT of the channel the bins from `middle` up come first, those below it follow.
    const auto take = [&](int first, int count, const float* weight, std::complex<float>* to) {
        first = (first + nfft_) & (nfft_ - 1);
        const int before_end = std::min(count, nfft_ - first);
        volk_32fc_32f_multiply_32fc(to, spectrum + first, weight, static_cast<unsigned>(before_end));
        if (before_end < count)
            volk_32fc_32f_multiply_32fc(to + before_end, spectrum, weight + before_end,
                                        static_cast<unsigned>(count - before_end));
    };
    take(middle, half, weights + half, use.bins.data());
    take(middle - half, half, weights, use.bins.data() + half);
    use.fft.run(use.bins.data(), use.samples.data());
    // A segment begins half a transform after the one before: the mixer's phase there turns by pi times `middle`.
    const float scale = (odd && middle % 2 != 0 ? -1.0f : 1.0f) / static_cast<float>(nfft_);
    volk_32f_s32f_multiply_32f(reinterpret_cast<float*>(out),
                               reinterpret_cast<const float*>(use.samples.data() + length / 4), scale,
                               static_cast<unsigned>(length));
}

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
