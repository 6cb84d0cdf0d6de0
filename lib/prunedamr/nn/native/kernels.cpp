// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/nn/native/kernels.h"

namespace prunedamr::nn::native {
namespace {

/// A tile of Rows x 16 Vectors of a product.
template <int Rows, int Vectors>
PRUNEDAMR_INLINE void multiply_tile(const MatrixProduct& p, std::size_t row, std::size_t column)
{
    const float* a = p.a.data + static_cast<std::ptrdiff_t>(row) * p.a.row;
    const float* b = p.b + column;
    float* c = p.c + row * p.n + column;
    Vector sum[Rows][Vectors];
    for (int i = 0; i < Rows; ++i)
        for (int j = 0; j < Vectors; ++j) {
            sum[i][j] = p.accumulate ? at(c + static_cast<std::size_t>(i) * p.n + 16 * j) : Vector{};
            if (p.bias)
                sum[i][j] += at(p.bias + column + 16 * j);
        }
    for (std::size_t k = 0; k < p.k; ++k, a += p.a.column, b += p.n)
        for (int j = 0; j < Vectors; ++j) {
            const Vector filter = at(b + 16 * j);
            for (int i = 0; i < Rows; ++i)
                sum[i][j] += a[i * p.a.row] * filter;
        }
    for (int i = 0; i < Rows; ++i)
        for (int j = 0; j < Vectors; ++j)
            at(c + static_cast<std::size_t>(i) * p.n + 16 * j) = sum[i][j];
}

template <int Vectors> PRUNEDAMR_INLINE void multiply_columns(const MatrixProduct& p, std::size_t column)
{
    std::size_t row = 0;
    for (; row + 8 <= p.m; row += 8)
        multiply_tile<8, Vectors>(p, row, column);
    for (; row + 2 <= p.m; row += 2)
        multiply_tile<2, Vectors>(p, row, column);
    for (; row < p.m; ++row)
        multiply_tile<1, Vectors>(p, row, column);
}

PRUNEDAMR_VECTOR_CLONES
void multiply_all(const MatrixProduct& p)
{
    std::size_t column = 0;
    for (; column + 2 * kLanes <= p.n; column += 2 * kLanes)
        multiply_columns<2>(p, column);
    if (column < p.n)
        multiply_columns<1>(p, column);
}

template <int Positions>
PRUNEDAMR_INLINE void convolve_tile(const float* x, const float* weight, float* y, std::size_t step,
                                    std::size_t taps, std::size_t stride)
{
    Vector sum[Positions] = {};
    for (std::size_t k = 0; k < taps; ++k) {
        const Vector w = at(weight + k * stride);
        for (std::size_t i = 0; i < Positions; ++i)
            sum[i] += w * at(x + (i * step + k) * stride);
    }
    for (std::size_t i = 0; i < Positions; ++i)
        at(y + i * stride) = sum[i];
}

PRUNEDAMR_VECTOR_CLONES
void convolve_depthwise_all(const float* x, const float* weight, float* y, std::size_t positions, std::size_t step,
                            std::size_t taps, std::size_t stride)
{
    for (std::size_t c = 0; c < stride; c += kLanes) {
        std::size_t w = 0;
        for (; w + 8 <= positions; w += 8)
            convolve_tile<8>(x + w * step * stride + c, weight + c, y + w * stride + c, step, taps, stride);
        for (; w < positions; ++w)
            convolve_tile<1>(x + w * step * stride + c, weight + c, y + w * stride + c, step, taps, stride);
    }
}

template <int Taps>
PRUNEDAMR_INLINE void correlate_tile(const float* x, const float* g, float* weight, std::size_t positions,
                                     std::size_t step, std::size_t stride)
{
    Vector sum[Taps];
    for (std::size_t k = 0; k < Taps; ++k)
        sum[k] = at(weight + k * stride);
    for (std::size_t w = 0; w < positions; ++w) {
        const Vector gradient = at(g + w * stride);
        for (std::size_t k = 0; k < Taps; ++k)
            sum[k] += gradient * at(x + (w * step + k) * stride);
    }
    for (std::size_t k = 0; k < Taps; ++k)
        at(weight + k * stride) = sum[k];
}

PRUNEDAMR_VECTOR_CLONES
void correlate_depthwise_all(const float* x, const float* g, float* weight, std::size_t positions, std::size_t step,
                             std::size_t taps, std::size_t stride)
{
    for (std::size_t c = 0; c < stride; c += kLanes) {
        std::size_t k = 0;
        for (; k + 8 <= taps; k += 8)
            correlate_tile<8>(x + k * stride + c, g + c, weight + k * stride + c, positions, step, stride);
        for (; k + 5 <= taps; k += 5)
            correlate_tile<5>(x + k * stride + c, g + c, weight + k * stride + c, positions, step, stride);
        for (; k < taps; ++k)
            correlate_tile<1>(x + k * stride + c, g + c, weight + k * stride + c, positions, step, stride);
    }
}

} // namespace

void multiply(const MatrixProduct& product)
{
    multiply_all(product);
}

void convolve_depthwise(const float* x, const float* weight, float* y, std::size_t positions, std::size_t step,
                        std::size_t taps, std::size_t stride)
{
    convolve_depthwise_all(x, weight, y, positions, step, taps, stride);
}

void correlate_depthwise(const float* x, const float* g, float* weight, std::size_t positions, std::size_t step,
                         std::size_t taps, std::size_t stride)
{
    correlate_depthwise_all(x, g, weight, positions, step, taps, stride);
}

} // namespace prunedamr::nn::native
