// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/channel_bank.h"

#include "prunedamr/base/error.h"
#include "prunedamr/dsp/fftw_planner.h"

#include <fftw3.h>
#include <volk/volk.h>
#include <volk/volk_alloc.hh>

#include <algorithm>
#include <cmath>

namespace prunedamr::dsp {
namespace {

constexpr int kEdgeShare = 8; ///< of a channel's bins are each of its two edges

fftwf_complex* fftw(std::complex<float>* p)
{
    return reinterpret_cast<fftwf_complex*>(p);
}

} // namespace

struct ChannelBank::Inverse {
    explicit Inverse(int n);
    ~Inverse();
    Inverse(const Inverse&) = delete;
    Inverse& operator=(const Inverse&) = delete;

    int length;
    volk::vector<std::complex<float>> bins, samples; ///< of the segment at hand
    fftwf_plan plan;
};

ChannelBank::Inverse::Inverse(int n) : length(n), bins(n), samples(n)
{
    const std::lock_guard<std::mutex> lock(fftw_planner_mutex());
    plan = fftwf_plan_dft_1d(n, fftw(bins.data()), fftw(samples.data()), FFTW_BACKWARD, FFTW_ESTIMATE);
    PRUNEDAMR_CHECK(plan != nullptr, "FFTW makes a plan for lengths of small factors");
}

ChannelBank::Inverse::~Inverse()
{
    const std::lock_guard<std::mutex> lock(fftw_planner_mutex());
    fftwf_destroy_plan(plan);
}

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
    fftwf_execute(use.plan);
    // A segment begins half a transform after the one before: the mixer's phase there turns by pi times `middle`.
    const float scale = (odd && middle % 2 != 0 ? -1.0f : 1.0f) / static_cast<float>(nfft_);
    volk_32f_s32f_multiply_32f(reinterpret_cast<float*>(out),
                               reinterpret_cast<const float*>(use.samples.data() + length / 4), scale,
                               static_cast<unsigned>(length));
}

} // namespace prunedamr::dsp
