// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// One vector of the chosen instruction set, and the walk over views.
//
// Every header of kernels/ but kernels.h is generic: each instruction set compiles it again in a source file of its
// own. That file defines, before it includes one of them:
//   PRUNEDAMR_LANES              floats in a vector: 4, 8 or 16
//   PRUNEDAMR_TILE_POSITIONS_1   positions in a tile of a conv with one vector of output channels,
//   PRUNEDAMR_TILE_POSITIONS_2   and with two
//   PRUNEDAMR_DEPTH_POSITIONS    positions in a tile of an int8 depthwise conv; not with depthwise_neon.h
//   PRUNEDAMR_PEAK_SUMS          independent sums that keep the multipliers busy
//   PRUNEDAMR_NEON               set on arm64
// A generic header that is opened alone is that of the portable kernels.
//
// Everything generic stands in the unnamed namespace, and no header with inline functions but those of intrinsics
// is included: were a function shared, the linker could give code for AVX-512 to callers on any processor.

#include "prunedamr/engine/kernels/kernels.h"

#ifndef PRUNEDAMR_LANES
#define PRUNEDAMR_LANES 4
#define PRUNEDAMR_TILE_POSITIONS_1 12
#define PRUNEDAMR_TILE_POSITIONS_2 6
#define PRUNEDAMR_DEPTH_POSITIONS 4
#define PRUNEDAMR_PEAK_SUMS 12
#endif

#if PRUNEDAMR_LANES > 4
#include <immintrin.h>
#elif defined(PRUNEDAMR_NEON)
#include <arm_neon.h>
#endif

// A call would cost more than the work: it saves every vector register.
#define PRUNEDAMR_INLINE inline __attribute__((always_inline))

namespace prunedamr::engine {
namespace {

constexpr int kLanes = PRUNEDAMR_LANES;
constexpr int kMaxVectors = 2;

typedef float Vec __attribute__((vector_size(kLanes * sizeof(float)), may_alias));
typedef std::int32_t IVec __attribute__((vector_size(kLanes * sizeof(std::int32_t)), may_alias));

// At any address. Typedefs, and in no array: clang drops the alignment of an alias declaration and of an array's
// elements, and reads them as if aligned.
typedef float VecAnywhere __attribute__((vector_size(kLanes * sizeof(float)), aligned(sizeof(float)), may_alias));
typedef std::int32_t IVecAnywhere
    __attribute__((vector_size(kLanes * sizeof(std::int32_t)), aligned(sizeof(std::int32_t)), may_alias));

inline Vec load(const float* from)
{
    return *reinterpret_cast<const VecAnywhere*>(from);
}
inline void store(float* to, Vec v)
{
    *reinterpret_cast<VecAnywhere*>(to) = v;
}
inline Vec broadcast(float x)
{
    return x - Vec{};
}
inline Vec clip(Vec v)
{
    return Vec{} > v ? Vec{} : v;
} // NaN stays NaN

/// The first `count` lanes; the others mean nothing. May read all of them.
inline Vec load_lanes(const float* from, int count)
{
#if PRUNEDAMR_LANES == 16
    if (count < kLanes)
        return Vec(_mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), from));
#endif
    static_cast<void>(count);
    return load(from);
}

inline void store_lanes(float* to, Vec v, int count)
{
    if (count == kLanes)
        return store(to, v);
#if PRUNEDAMR_LANES == 16
    _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1u << count) - 1), __m512(v));
#elif PRUNEDAMR_LANES == 8
    __m128 rest = _mm256_castps256_ps128(__m256(v));
    if (count & 4) {
        _mm_storeu_ps(to, rest);
        rest = _mm256_extractf128_ps(__m256(v), 1);
        to += 4;
    }
    if (count & 2) {
        _mm_storel_pi(reinterpret_cast<__m64*>(to), rest);
        rest = _mm_movehl_ps(rest, rest);
        to += 2;
    }
    if (count & 1)
        _mm_store_ss(to, rest);
#else
    for (int i = 0; i < count; ++i)
        to[i] = v[i];
#endif
}

/// Elements from the start of a view to a position's first channel.
inline std::ptrdiff_t place(const View& view, int frame, int y, int x)
{
    return frame * view.frame_step + y * view.row_step + x * view.position_step;
}
inline float* at(const View& view, int frame, int y, int x)
{
    return view.data + place(view, frame, y, x);
}

inline int smaller(int a, int b)
{
    return a < b ? a : b;
}
inline int larger(int a, int b)
{
    return a > b ? a : b;
}

/// Kernel taps from `begin` to before `end` fall on samples that exist.
struct Taps {
    int begin, end;
};

inline Taps valid_taps(int first_sample, int kernel, int samples)
{
    return { larger(0, -first_sample), smaller(kernel, samples - first_sample) };
}

/// A view that is there.
inline bool is_set(const View& view)
{
    return view.data || view.bytes;
}

/// Positions lie one behind the other.
inline bool is_packed(const View& view)
{
    return view.position_step == view.channels;
}

/// Calls `run(frame, y, x, count)` for every `count` elements that lie together: rows, or channels of a position.
template <typename Run> void each_run(const SumTask& task, Run run)
{
    const View& out = task.out;
    bool rows = is_packed(out) && !is_set(task.gate);
    for (int i = 0; i < task.count; ++i)
        rows = rows && is_packed(task.inputs[i]);
    for (int frame = 0; frame < out.frames; ++frame)
        for (int y = 0; y < out.height; ++y) {
            if (rows)
                run(frame, y, 0, out.width * out.channels);
            for (int x = 0; x < out.width && !rows; ++x)
                run(frame, y, x, out.channels);
        }
}

/// Calls `position(frame, y, x)` for every output position.
template <typename Position> void each_position(const View& out, Position position)
{
    for (int frame = 0; frame < out.frames; ++frame)
        for (int y = 0; y < out.height; ++y)
            for (int x = 0; x < out.width; ++x)
                position(frame, y, x);
}

/// Calls `vector(channel, lanes)` for every vector of `channels`.
template <typename Vector> void each_vector(int channels, Vector vector)
{
    for (int c = 0; c < channels; c += kLanes)
        vector(c, smaller(kLanes, channels - c));
}

} // namespace
} // namespace prunedamr::engine
