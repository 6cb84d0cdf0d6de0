// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/vector_clones.h"

#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wpsabi" // of vectors as arguments: all of that is inlined
#endif
#define PRUNEDAMR_INLINE inline __attribute__((always_inline))

namespace prunedamr::nn::native {

/// As many floats as every kernel of this folder takes at once, at any address; compilers split them where the
/// processor's vectors are shorter.
typedef float Vector __attribute__((vector_size(64), aligned(4), may_alias));
typedef std::int32_t Lanes __attribute__((vector_size(64)));

PRUNEDAMR_INLINE const Vector& at(const float* p)
{
    return *reinterpret_cast<const Vector*>(p);
}

PRUNEDAMR_INLINE Vector& at(float* p)
{
    return *reinterpret_cast<Vector*>(p);
}

} // namespace prunedamr::nn::native
namespace prunedamr::nn::native {

/// Activations are rows of channels: [frames, positions, stride] float32 with the channels padded by zeros to whole
/// vectors (`padded`), so that no kernel has a tail. "Rows" below are positions of all frames, one after the other.
inline constexpr std::size_t kLanes = 16;

inline std::size_t padded(std::size_t channels)
{
    return (channels + kLanes - 1) / kLanes * kLanes;
}

template <class T> struct AlignedAllocator {
    using value_type = T;
    static constexpr std::align_val_t kAlignment{ 64 };

    AlignedAllocator() = default;
    template <class U> AlignedAllocator(const AlignedAllocator<U>&) {}
    T* allocate(std::size_t count) { return static_cast<T*>(::operator new(count * sizeof(T), kAlignment)); }
    void deallocate(T* memory, std::size_t) { ::operator delete(memory, kAlignment); }
    template <class U> bool operator==(const AlignedAllocator<U>&) const { return true; }
    template <class U> bool operator!=(const AlignedAllocator<U>&) const { return false; }
};
using Buffer = std::vector<float, AlignedAllocator<float>>;

/// A matrix in memory: element (i, j) at data[i * row + j * column].
struct Strided {
    const float* data;
    std::ptrdiff_t row, column;
};

/// c[m, n] = a[m, k] b[k, n], + c's values before if `accumulate`, + `bias` [n] if there is one. b and c have
/// contiguous rows of `n` floats, a multiple of kLanes.
struct MatrixProduct {
    Strided a;
    const float* b;
    float* c;
    std::size_t m, n, k;
    const float* bias = nullptr;
    bool accumulate = false;
};
void multiply(const MatrixProduct& product);

/// y[w] = sum over k of x[w * step + k] weight[k], element by element of rows of `stride` floats; x has all rows
/// that this reads.
void convolve_depthwise(const float* x, const float* weight, float* y, std::size_t positions, std::size_t step,
                        std::size_t taps, std::size_t stride);

/// weight[k] += sum over w of x[w * step + k] g[w].
void correlate_depthwise(const float* x, const float* g, float* weight, std::size_t positions, std::size_t step,
                         std::size_t taps, std::size_t stride);

/// What a norm does to a channel, and what its backward pass does: y = scale x + cross x' + offset, where x' is the
/// other one of a pair of channels (complex norms; `cross` is null for ordinary ones); then max(y, 0) if `relu`.
/// Row w of a frame goes to row order[w] of y (null: stays).
struct AffineRows {
    const float *scale, *cross, *offset; ///< [stride]
    bool relu = false;
    const std::int32_t* order = nullptr;
    std::size_t frames, positions, stride;
};
void transform(const AffineRows& map, const float* x, float* y);

/// Sums over rows, for the gradient of `transform`: of g, of g x and (complex) of g x'; where relu cut y, g counts
/// as 0. x is taken less `center`. Added to `sums` [3, stride] in float64.
void sum_gradients(const AffineRows& map, const float* x, const float* g, const float* center, double* sums);

/// dx = scale g + cross g' + slope x + slope_cross x' + offset, g as above.
struct GradientRows {
    const float *scale, *cross, *slope, *slope_cross, *offset;
};
void transform_back(const AffineRows& map, const GradientRows& back, const float* x, const float* g, float* dx,
                    bool accumulate);

/// Sums over rows of x - center, of its square and (if `pairs`) of its product with the other of its pair, added to
/// `sums` [3, stride].
void sum_moments(const float* x, std::size_t rows, std::size_t stride, const float* center, bool pairs,
                 double* sums);

/// sums[stride] += sum of the rows of x
void sum_rows(const float* x, std::size_t rows, std::size_t stride, float* sums);

/// Of one frame: y = x gate, every row times the same one.
void scale_rows(const float* x, const float* gate, float* y, std::size_t positions, std::size_t stride);

/// Of one frame: dx = g gate (+ dx), dgate (+)= sum of g x.
void scale_rows_back(const float* x, const float* gate, const float* g, float* dx, bool add_dx, float* dgate,
                     bool add_dgate, std::size_t positions, std::size_t stride);

/// dx[row] = factor g (+ dx[row]) for every row of a frame.
void spread_row(const float* g, float factor, float* dx, bool accumulate, std::size_t positions,
                std::size_t stride);

/// Largest value of every channel in `taps` rows, and in `at` the row, the first of equals.
void largest_rows(const float* x, std::size_t taps, std::size_t stride, float* y, std::int32_t* at);

/// y = x (+ y); count a multiple of kLanes
void copy_or_add(const float* x, float* y, std::size_t count, bool accumulate);

/// y = max(x, 0), and dx = g where y > 0, else 0 (+ dx); x and y, g and dx may be the same memory.
void cut_negative(const float* x, float* y, std::size_t count);
void cut_negative_back(const float* y, const float* g, float* dx, std::size_t count, bool accumulate);

} // namespace prunedamr::nn::native
