// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/measure/equalizer.h"

#include "prunedamr/base/vector_clones.h"
#include "prunedamr/measure/numerics.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::measure {
namespace {

constexpr double kLoading = 0.005; // of the mean eigenvalue, on the diagonal

/// Sum conj(a) b over n values.
PRUNEDAMR_VECTOR_CLONES std::complex<double> correlate(const float* ar, const float* ai, const float* br, const float* bi, int n)
{
    constexpr int kLanes = 16;
    float re[kLanes] = {}, im[kLanes] = {};
    int k = 0;
    for (; k + kLanes <= n; k += kLanes)
        for (int j = 0; j < kLanes; ++j) {
            re[j] += ar[k + j] * br[k + j] + ai[k + j] * bi[k + j];
            im[j] += ar[k + j] * bi[k + j] - ai[k + j] * br[k + j];
        }
    double sum_re = 0.0, sum_im = 0.0;
    for (; k < n; ++k) {
        sum_re += ar[k] * br[k] + ai[k] * bi[k];
        sum_im += ar[k] * bi[k] - ai[k] * br[k];
    }
    for (int j = 0; j < kLanes; ++j) {
        sum_re += re[j];
        sum_im += im[j];
    }
    return { sum_re, sum_im };
}

PRUNEDAMR_VECTOR_CLONES void add_scaled(const float* ar, const float* ai, float wr, float wi, int n, float* re, float* im)
{
    for (int k = 0; k < n; ++k) {
        re[k] += ar[k] * wr - ai[k] * wi;
        im[k] += ar[k] * wi + ai[k] * wr;
    }
}

} // namespace

// Tap t of symbol k weighs the half symbol 2 k + t - kTaps / 2.
const float* Equalizer::re(int tap) const noexcept
{
    return tap % 2 == 1 ? even_.re + kPad + (tap - 5) / 2 : odd_.re + kPad + (tap - 6) / 2;
}

const float* Equalizer::im(int tap) const noexcept
{
    return tap % 2 == 1 ? even_.im + kPad + (tap - 5) / 2 : odd_.im + kPad + (tap - 6) / 2;
}

bool Equalizer::load(const Complex* half, int symbols) noexcept
{
    static_assert(kTaps == 11, "taps are counted from the middle, 5");
    symbols_ = symbols;
    for (Stream* stream : { &even_, &odd_ }) {
        std::fill(std::begin(stream->re), std::end(stream->re), 0.0f);
        std::fill(std::begin(stream->im), std::end(stream->im), 0.0f);
    }
    for (int k = 0; k < symbols; ++k) {
        even_.re[kPad + k] = half[2 * k].real();
        even_.im[kPad + k] = half[2 * k].imag();
        odd_.re[kPad + k] = half[2 * k + 1].real();
        odd_.im[kPad + k] = half[2 * k + 1].imag();
    }
    double trace = 0.0;
    for (int i = 0; i < kTaps; ++i)
        for (int j = 0; j <= i; ++j) {
            const auto value = correlate(re(i), im(i), re(j), im(j), symbols);
            correlation_[i * kTaps + j] = value;
            correlation_[j * kTaps + i] = std::conj(value);
            if (i == j)
                trace += value.real();
        }
    for (int i = 0; i < kTaps; ++i)
        correlation_[i * kTaps + i] += kLoading * trace / kTaps;
    return trace > 0.0 && std::isfinite(trace);
}

void Equalizer::solve_toward(const Symbols& wanted, std::complex<double>* taps) const noexcept
{
    std::complex<double> system[kTaps * kTaps];
    std::copy(correlation_, correlation_ + kTaps * kTaps, system);
    for (int t = 0; t < kTaps; ++t)
        taps[t] = correlate(re(t), im(t), wanted.re, wanted.im, symbols_);
    if (!solve(system, taps, kTaps))
        std::fill(taps, taps + kTaps, 0.0);
}

void Equalizer::apply(Symbols& out) const noexcept
{
    out.count = symbols_;
    std::fill(out.re, out.re + symbols_, 0.0f);
    std::fill(out.im, out.im + symbols_, 0.0f);
    for (int t = 0; t < kTaps; ++t)
        add_scaled(re(t), im(t), static_cast<float>(taps_[t].real()), static_cast<float>(taps_[t].imag()), symbols_, out.re, out.im);
}

void Equalizer::run_blind(int rounds, Symbols& out) noexcept
{
    std::fill(taps_, taps_ + kTaps, 0.0);
    taps_[kTaps / 2] = 1.0;
    double modulus = 0.0;
    for (int round = 0; round <= rounds; ++round) {
        apply(out);
        double square = 0.0, fourth = 0.0;
        for (int k = 0; k < symbols_; ++k) {
            const double power = out.re[k] * out.re[k] + out.im[k] * out.im[k];
            square += power;
            fourth += power * power;
        }
        if (round == 0)
            modulus = fourth / square;
        if (round == rounds || !(square > 0.0)) {
            const auto scale = static_cast<float>(1.0 / std::sqrt(std::max(square / symbols_, 1e-30)));
            for (int k = 0; k < symbols_; ++k) {
                out.re[k] *= scale;
                out.im[k] *= scale;
            }
            return;
        }
        // Newton's method, nearly: the gradient through the inverse of the correlation.
        for (int k = 0; k < symbols_; ++k) {
            const float error = out.re[k] * out.re[k] + out.im[k] * out.im[k] - static_cast<float>(modulus);
            out.re[k] *= error;
            out.im[k] *= error;
        }
        std::complex<double> step[kTaps];
        solve_toward(out, step);
        const double size = (round < rounds / 2 ? 0.25 : 0.12) / modulus;
        for (int t = 0; t < kTaps; ++t)
            taps_[t] -= size * step[t];
    }
}

void Equalizer::run_toward(const Symbols& wanted, Symbols& out) noexcept
{
    solve_toward(wanted, taps_);
    apply(out);
}

} // namespace prunedamr::measure
