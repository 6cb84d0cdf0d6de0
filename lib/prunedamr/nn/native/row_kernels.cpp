// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/nn/native/kernels.h"

#include <algorithm>
#include <cstring>

namespace prunedamr::nn::native {
namespace {

/// Every lane's neighbor: 1, 0, 3, 2, ...
PRUNEDAMR_INLINE Vector other_of_pair(const Vector& v)
{
#if defined(__clang__)
    return __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
#else
    return __builtin_shuffle(v, Lanes{ 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14 });
#endif
}

template <bool Pairs> PRUNEDAMR_INLINE Vector mapped(const AffineRows& map, std::size_t c, const Vector& x)
{
    Vector y = at(map.scale + c) * x + at(map.offset + c);
    if (Pairs)
        y += at(map.cross + c) * other_of_pair(x);
    return y;
}

PRUNEDAMR_INLINE std::size_t target(const AffineRows& map, std::size_t position)
{
    return map.order ? static_cast<std::size_t>(map.order[position]) : position;
}

template <bool Pairs> PRUNEDAMR_INLINE void transform_rows(const AffineRows& map, const float* x, float* y)
{
    for (std::size_t f = 0; f < map.frames; ++f, y += map.positions * map.stride)
        for (std::size_t w = 0; w < map.positions; ++w, x += map.stride) {
            float* to = y + target(map, w) * map.stride;
            for (std::size_t c = 0; c < map.stride; c += kLanes) {
                const Vector value = mapped<Pairs>(map, c, at(x + c));
                at(to + c) = map.relu ? (value < 0.0F ? Vector{} : value) : value;
            }
        }
}

PRUNEDAMR_VECTOR_CLONES
void transform_all(const AffineRows& map, const float* x, float* y)
{
    if (map.cross)
        transform_rows<true>(map, x, y);
    else
        transform_rows<false>(map, x, y);
}

/// The gradient that reaches the affine map.
template <bool Pairs>
PRUNEDAMR_INLINE Vector passed(const AffineRows& map, std::size_t c, const Vector& x, const Vector& g)
{
    return map.relu ? (mapped<Pairs>(map, c, x) > 0.0F ? g : Vector{}) : g;
}

PRUNEDAMR_INLINE void add_to(double* sums, const Vector& v)
{
    for (std::size_t lane = 0; lane < kLanes; ++lane)
        sums[lane] += static_cast<double>(v[lane]);
}

constexpr std::size_t kBlock = 256; ///< rows that are summed in float32

template <bool Pairs>
PRUNEDAMR_INLINE void sum_gradients_of(const AffineRows& map, const float* x, const float* g, const float* center,
                                       double* sums)
{
    const std::size_t frames_in_block = std::max<std::size_t>(1, kBlock / map.positions);
    for (std::size_t begin = 0; begin < map.frames; begin += frames_in_block) {
        const std::size_t end = std::min(map.frames, begin + frames_in_block);
        for (std::size_t c = 0; c < map.stride; c += kLanes) {
            Vector plain{}, product{}, cross{};
            for (std::size_t f = begin; f < end; ++f) {
                const float* from = x + f * map.positions * map.stride + c;
                const float* gradient = g + f * map.positions * map.stride + c;
                for (std::size_t w = 0; w < map.positions; ++w, from += map.stride) {
                    const Vector value = at(from);
                    const Vector part = passed<Pairs>(map, c, value, at(gradient + target(map, w) * map.stride));
                    const Vector centered = value - at(center + c);
                    plain += part;
                    product += part * centered;
                    if (Pairs)
                        cross += part * other_of_pair(centered);
                }
            }
            add_to(sums + c, plain);
            add_to(sums + map.stride + c, product);
            if (Pairs)
                add_to(sums + 2 * map.stride + c, cross);
        }
    }
}

PRUNEDAMR_VECTOR_CLONES
void sum_gradients_all(const AffineRows& map, const float* x, const float* g, const float* center, double* sums)
{
    if (map.cross)
        sum_gradients_of<true>(map, x, g, center, sums);
    else
        sum_gradients_of<false>(map, x, g, center, sums);
}

template <bool Pairs>
PRUNEDAMR_INLINE void transform_back_rows(const AffineRows& map, const GradientRows& back, const float* x,
                                          const float* g, float* dx, bool accumulate)
{
    for (std::size_t f = 0; f < map.frames; ++f, g += map.positions * map.stride)
        for (std::size_t w = 0; w < map.positions; ++w, x += map.stride, dx += map.stride) {
            const float* gradient = g + target(map, w) * map.stride;
            for (std::size_t c = 0; c < map.stride; c += kLanes) {
                const Vector value = at(x + c);
                const Vector part = passed<Pairs>(map, c, value, at(gradient + c));
                Vector sum = at(back.scale + c) * part + at(back.slope + c) * value + at(back.offset + c);
                if (Pairs)
                    sum +=
                        at(back.cross + c) * other_of_pair(part) + at(back.slope_cross + c) * other_of_pair(value);
                at(dx + c) = accumulate ? at(dx + c) + sum : sum;
            }
        }
}

PRUNEDAMR_VECTOR_CLONES
void transform_back_all(const AffineRows& map, const GradientRows& back, const float* x, const float* g, float* dx,
                        bool accumulate)
{
    if (map.cross)
        transform_back_rows<true>(map, back, x, g, dx, accumulate);
    else
        transform_back_rows<false>(map, back, x, g, dx, accumulate);
}

PRUNEDAMR_VECTOR_CLONES
void sum_moments_all(const float* x, std::size_t rows, std::size_t stride, const float* center, bool pairs,
                     double* sums)
{
    for (std::size_t begin = 0; begin < rows; begin += kBlock) {
        const std::size_t end = std::min(rows, begin + kBlock);
        for (std::size_t c = 0; c < stride; c += kLanes) {
            const Vector middle = at(center + c);
            Vector plain{}, square{}, cross{};
            for (std::size_t row = begin; row < end; ++row) {
                const Vector value = at(x + row * stride + c) - middle;
                plain += value;
                square += value * value;
                if (pairs)
                    cross += value * other_of_pair(value);
            }
            add_to(sums + c, plain);
            add_to(sums + stride + c, square);
            if (pairs)
                add_to(sums + 2 * stride + c, cross);
        }
    }
}

PRUNEDAMR_VECTOR_CLONES
void sum_rows_all(const float* x, std::size_t rows, std::size_t stride, float* sums)
{
    for (std::size_t c = 0; c < stride; c += kLanes) {
        Vector sum{};
        for (std::size_t row = 0; row < rows; ++row)
            sum += at(x + row * stride + c);
        at(sums + c) += sum;
    }
}

PRUNEDAMR_VECTOR_CLONES
void scale_rows_all(const float* x, const float* gate, float* y, std::size_t positions, std::size_t stride)
{
    for (std::size_t c = 0; c < stride; c += kLanes) {
        const Vector factor = at(gate + c);
        for (std::size_t at_row = c; at_row < positions * stride; at_row += stride)
            at(y + at_row) = at(x + at_row) * factor;
    }
}

PRUNEDAMR_VECTOR_CLONES
void scale_rows_back_all(const float* x, const float* gate, const float* g, float* dx, bool add_dx, float* dgate,
                         bool add_dgate, std::size_t positions, std::size_t stride)
{
    for (std::size_t c = 0; c < stride; c += kLanes) {
        const Vector factor = at(gate + c);
        Vector sum{};
        for (std::size_t at_row = c; at_row < positions * stride; at_row += stride) {
            const Vector gradient = at(g + at_row);
            sum += gradient * at(x + at_row);
            if (dx)
                at(dx + at_row) = add_dx ? at(dx + at_row) + gradient * factor : gradient * factor;
        }
        if (dgate)
            at(dgate + c) = add_dgate ? at(dgate + c) + sum : sum;
    }
}

PRUNEDAMR_VECTOR_CLONES
void spread_row_all(const float* g, float factor, float* dx, bool accumulate, std::size_t positions,
                    std::size_t stride)
{
    for (std::size_t c = 0; c < stride; c += kLanes) {
        const Vector part = at(g + c) * factor;
        for (std::size_t at_row = c; at_row < positions * stride; at_row += stride)
            at(dx + at_row) = accumulate ? at(dx + at_row) + part : part;
    }
}

PRUNEDAMR_VECTOR_CLONES
void largest_rows_all(const float* x, std::size_t taps, std::size_t stride, float* y, std::int32_t* rows)
{
    for (std::size_t c = 0; c < stride; c += kLanes) {
        Vector largest = at(x + c);
        Lanes where{};
        for (std::size_t k = 1; k < taps; ++k) {
            const Vector value = at(x + k * stride + c);
            const Lanes here = Lanes{} + static_cast<std::int32_t>(k);
            where = value > largest ? here : where;
            largest = value > largest ? value : largest;
        }
        at(y + c) = largest;
        std::memcpy(rows + c, &where, sizeof where);
    }
}

PRUNEDAMR_VECTOR_CLONES
void copy_or_add_all(const float* x, float* y, std::size_t count, bool accumulate)
{
    for (std::size_t i = 0; i < count; i += kLanes)
        at(y + i) = accumulate ? at(y + i) + at(x + i) : at(x + i);
}

PRUNEDAMR_VECTOR_CLONES
void cut_negative_all(const float* x, float* y, std::size_t count)
{
    for (std::size_t i = 0; i < count; i += kLanes)
        at(y + i) = at(x + i) < 0.0F ? Vector{} : at(x + i);
}

PRUNEDAMR_VECTOR_CLONES
void cut_negative_back_all(const float* y, const float* g, float* dx, std::size_t count, bool accumulate)
{
    for (std::size_t i = 0; i < count; i += kLanes) {
        const Vector part = at(y + i) > 0.0F ? at(g + i) : Vector{};
        at(dx + i) = accumulate ? at(dx + i) + part : part;
    }
}

} // namespace

void transform(const AffineRows& map, const float* x, float* y)
{
    transform_all(map, x, y);
}

void sum_gradients(const AffineRows& map, const float* x, const float* g, const float* center, double* sums)
{
    sum_gradients_all(map, x, g, center, sums);
}

void transform_back(const AffineRows& map, const GradientRows& back, const float* x, const float* g, float* dx,
                    bool accumulate)
{
    transform_back_all(map, back, x, g, dx, accumulate);
}

void sum_moments(const float* x, std::size_t rows, std::size_t stride, const float* center, bool pairs,
                 double* sums)
{
    sum_moments_all(x, rows, stride, center, pairs, sums);
}

void sum_rows(const float* x, std::size_t rows, std::size_t stride, float* sums)
{
    sum_rows_all(x, rows, stride, sums);
}

void scale_rows(const float* x, const float* gate, float* y, std::size_t positions, std::size_t stride)
{
    scale_rows_all(x, gate, y, positions, stride);
}

void scale_rows_back(const float* x, const float* gate, const float* g, float* dx, bool add_dx, float* dgate,
                     bool add_dgate, std::size_t positions, std::size_t stride)
{
    scale_rows_back_all(x, gate, g, dx, add_dx, dgate, add_dgate, positions, stride);
}

void spread_row(const float* g, float factor, float* dx, bool accumulate, std::size_t positions, std::size_t stride)
{
    spread_row_all(g, factor, dx, accumulate, positions, stride);
}

void largest_rows(const float* x, std::size_t taps, std::size_t stride, float* y, std::int32_t* rows)
{
    largest_rows_all(x, taps, stride, y, rows);
}

void copy_or_add(const float* x, float* y, std::size_t count, bool accumulate)
{
    copy_or_add_all(x, y, count, accumulate);
}

void cut_negative(const float* x, float* y, std::size_t count)
{
    cut_negative_all(x, y, count);
}

void cut_negative_back(const float* y, const float* g, float* dx, std::size_t count, bool accumulate)
{
    cut_negative_back_all(y, g, dx, count, accumulate);
}

} // namespace prunedamr::nn::native
