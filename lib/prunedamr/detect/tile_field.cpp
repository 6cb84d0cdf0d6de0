// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/detect/tile_field.h"

#include "prunedamr/base/vector_clones.h"
#include "prunedamr/dsp/windowed_sinc.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::detect {
namespace {

constexpr double kBeta = 10.0; // side lobes 75 dB down

// A transform that does not fit into the nearest cache is done in two steps (Bailey, 1990): seen as a matrix with
// kFactor rows, its columns are transformed, some at a time, turned by their twiddle factors, then its rows.
constexpr int kLong = 8192, kFactor = 64, kAtOnce = 16;
constexpr int kPad = 16; // keeps the rows of a matrix out of each other's way in the cache

PRUNEDAMR_VECTOR_CLONES
void multiply(const float* __restrict in, const float* __restrict window, float* __restrict out, int count)
{
    for (int i = 0; i < count; ++i) {
        out[2 * i] = window[i] * in[2 * i];
        out[2 * i + 1] = window[i] * in[2 * i + 1];
    }
}

PRUNEDAMR_VECTOR_CLONES
void multiply_columns(const float* __restrict in, const float* __restrict window, float* __restrict out,
                      int distance)
{
    for (int row = 0; row < kFactor; ++row, in += 2 * distance, window += distance, out += 2 * kAtOnce)
        for (int i = 0; i < kAtOnce; ++i) {
            out[2 * i] = window[i] * in[2 * i];
            out[2 * i + 1] = window[i] * in[2 * i + 1];
        }
}

PRUNEDAMR_VECTOR_CLONES
void turn_columns(const float* __restrict in, const float* __restrict turn, float* __restrict out, int distance)
{
    for (int row = 0; row < kFactor; ++row, in += 2 * kAtOnce, turn += 2 * kAtOnce, out += 2 * distance)
        for (int i = 0; i < kAtOnce; ++i) {
            out[2 * i] = in[2 * i] * turn[2 * i] - in[2 * i + 1] * turn[2 * i + 1];
            out[2 * i + 1] = in[2 * i] * turn[2 * i + 1] + in[2 * i + 1] * turn[2 * i];
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

float* floats(std::complex<float>* values)
{
    return reinterpret_cast<float*>(values);
}

const float* floats(const std::complex<float>* values)
{
    return reinterpret_cast<const float*>(values);
}

} // namespace

TileField::TileField(int transform, std::size_t epoch_samples, int hop)
    : transform_(transform), hop_(hop > 0 ? hop : transform / 2),
      capacity_(static_cast<int>(epoch_samples / (kRows * static_cast<std::size_t>(hop_)))),
      columns_(transform >= kLong ? kFactor : 1), window_(transform),
      field_(static_cast<std::size_t>(capacity_) * transform),
      windowed_(columns_ > 1 ? kFactor * kAtOnce : transform), transformed_(transform),
      column_fft_(columns_, dsp::FftDirection::forward, kAtOnce),
      fft_(transform / columns_, dsp::FftDirection::forward)
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
    if (columns_ == 1)
        return;
    const int width = transform / columns_;
    between_.resize(static_cast<std::size_t>(columns_) * (width + kPad));
    sum_.resize(between_.size());
    twiddles_.reserve(transform);
    for (int at = 0; at < width; at += kAtOnce) // in the order in which they are needed
        for (int row = 0; row < columns_; ++row)
            for (int i = 0; i < kAtOnce; ++i)
                twiddles_.push_back(
                    std::complex<float>(std::polar(1.0, -2.0 * M_PI * row * (at + i) / double(transform))));
}

void TileField::advance(const std::complex<float>* samples, std::ptrdiff_t end, std::ptrdiff_t first) noexcept
{
    for (; next_row_ < capacity_ * kRows; ++next_row_) {
        const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(next_row_) * hop_;
        if (at + transform_ > end)
            return;
        if (columns_ == 1)
            transform_row(samples + (at - first));
        else
            transform_long_row(samples + (at - first));
    }
}

void TileField::transform_row(const std::complex<float>* samples) noexcept
{
    multiply(floats(samples), window_.data(), floats(windowed_.data()), transform_);
    fft_.run(windowed_.data(), transformed_.data());
    const int half = transform_ / 2;
    float* out = tile(next_row_ / kRows);
    const auto take = next_row_ % kRows == 0 ? store_power : add_power;
    take(floats(transformed_.data()), out + half, half);
    take(floats(transformed_.data()) + transform_, out, half);
}

void TileField::transform_long_row(const std::complex<float>* samples) noexcept
{
    const int width = transform_ / columns_, distance = width + kPad;
    for (int at = 0; at < width; at += kAtOnce) {
        multiply_columns(floats(samples + at), window_.data() + at, floats(windowed_.data()), width);
        column_fft_.run(windowed_.data(), transformed_.data());
        turn_columns(floats(transformed_.data()), floats(twiddles_.data() + at * columns_),
                     floats(between_.data() + at), distance);
    }
    const auto take = next_row_ % kRows == 0 ? store_power : add_power;
    for (int row = 0; row < columns_; ++row) {
        fft_.run(between_.data() + row * distance, transformed_.data());
        take(floats(transformed_.data()), sum_.data() + row * distance, width);
    }
    if (next_row_ % kRows == kRows - 1)
        store_long_tile(tile(next_row_ / kRows));
}

/// Bin row + columns_ * k of the transform lies in row `row` of the sums.
void TileField::store_long_tile(float* tile) noexcept
{
    const int width = transform_ / columns_, distance = width + kPad;
    for (int half = 0; half < 2; ++half, tile += transform_ / 2) {
        const float* sums = sum_.data() + (half == 0 ? width / 2 : 0);
        for (int at = 0; at < width / 2; at += kAtOnce)
            for (int row = 0; row < columns_; ++row)
                for (int i = 0; i < kAtOnce; ++i)
                    tile[(at + i) * columns_ + row] = sums[row * distance + at + i];
    }
}

} // namespace prunedamr::detect
