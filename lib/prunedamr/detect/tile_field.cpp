// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/detect/tile_field.h"

#include "prunedamr/base/vector_clones.h"
#include "prunedamr/dsp/kaiser_window.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::detect {
namespace {

constexpr double kBeta = 10.0; // side lobes 75 dB down

PRUNEDAMR_VECTOR_CLONES
void multiply(const float* __restrict in, const float* __restrict window, float* __restrict out, int count)
{
    for (int i = 0; i < count; ++i) {
        out[2 * i] = window[i] * in[2 * i];
        out[2 * i + 1] = window[i] * in[2 * i + 1];
    }
}

PRUNEDAMR_VECTOR_CLONES
void store_power(const float* __restrict in, float* __restrict out, int count)
{
    for (int i = 0; i < count; ++i)
        out[i] = in[2 * i] * in[2 * i] + in[2 * i + 1] * in[2 * i + 1];
}

PRUNEDAMR_VECTOR_CLONES
void add_power(const float* __restrict in, float* __restrict out, int count)
{
    for (int i = 0; i < count; ++i)
        out[i] += in[2 * i] * in[2 * i] + in[2 * i + 1] * in[2 * i + 1];
}

} // namespace

TileField::TileField(int transform, std::size_t epoch_samples)
    : transform_(transform), capacity_(static_cast<int>(epoch_samples / (2 * static_cast<std::size_t>(transform)))),
      window_(transform), field_(static_cast<std::size_t>(capacity_) * transform), windowed_(transform),
      transformed_(transform), fft_(transform, dsp::FftDirection::forward)
{
    const dsp::KaiserWindow kaiser(kBeta);
    double energy = 0.0;
    for (int i = 0; i < transform; ++i) {
        const double w = kaiser((2.0 * i + 1.0) / transform - 1.0);
        window_[i] = static_cast<float>(w);
        energy += w * w;
    }
    for (float& w : window_) // the mean of the rows is in the window too
        w /= static_cast<float>(std::sqrt(kRows * energy));
}

void TileField::advance(const std::complex<float>* epoch, std::size_t available) noexcept
{
    const std::size_t hop = static_cast<std::size_t>(transform_) / 2;
    const int half = transform_ / 2;
    for (; next_row_ < capacity_ * kRows && next_row_ * hop + 2 * hop <= available; ++next_row_) {
        multiply(reinterpret_cast<const float*>(epoch + next_row_ * hop), window_.data(),
                 reinterpret_cast<float*>(windowed_.data()), transform_);
        fft_.run(windowed_.data(), transformed_.data());
        const auto* bins = reinterpret_cast<const float*>(transformed_.data());
        float* out = tile(next_row_ / kRows);
        const auto take = next_row_ % kRows == 0 ? store_power : add_power;
        take(bins, out + half, half);
        take(bins + transform_, out, half);
    }
}

} // namespace prunedamr::detect
