// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The int8 operations of the portable kernels, for any processor: the compiler's vectors. On x86-64, products of 16
// bits are part of the baseline.
//
// An instruction set that has operations of its own defines PRUNEDAMR_INT8_OPERATIONS and gives the generic
// headers:
//   widen(bytes)                     kLanes bytes as IVec; reads all of them
//   Limits, limits(zero_point, min)  what is added to integers, and the smallest byte that they then become
//   narrow(to, v, limits, lanes)     stores the first lanes, at most 255 - zero_point, as bytes
//   narrow_four(to, a, b, c, d, limits)
//                                    stores all lanes of four vectors as bytes
//   to_float(v)                      IVec to Vec
//   round_at_most(v, max)            Vec to IVec, halves to even; at most `max`, unless narrowing ensures that; NaN
//                                    becomes less than -255
//   narrow_two(to, a, b, limits, lanes)
//                                    as narrow, of two vectors of which the first is whole, if PRUNEDAMR_NARROW_TWO
//                                    is defined
//   multiply_add(sum, a, w)          sum + the products of both 16-bit halves: a of 0..255, w of -127..127
//                                    (convs of pairs only)
//   Input                            an activation as convs read it: a byte, or 16 bits; then a pair is meant where
//                                    this says quad
//   Quads, quads(inputs)             kQuads times 4 neighboring activations, less kShift; reads all of them
//   renew(quads)                     makes the compiler take them for new ones
//   dot<Count>(sum, x, weights, step)
//                                    sum + 4 products in every lane for each of the first Count quads; the weights
//                                    of the next quad lie `step` bytes on
//   dot_quad<Quad>(sum, x, weights)  the same for one quad, if PRUNEDAMR_QUAD_BY_QUAD is defined
//   kQuadBytes, kOrder               bytes of weights of a quad, and their layout
//   Sum, begin(v), total(sum)        sums of a vector of channels while they grow, from and to one IVec, if
//                                    PRUNEDAMR_OWN_SUM is defined; else an IVec

#ifndef PRUNEDAMR_LANES // set already where a generic header is opened alone
#define PRUNEDAMR_LANES 4
#define PRUNEDAMR_TILE_POSITIONS_1 4
#define PRUNEDAMR_TILE_POSITIONS_2 4
#define PRUNEDAMR_DEPTH_POSITIONS 4
#define PRUNEDAMR_PEAK_SUMS 12
#endif
#define PRUNEDAMR_INT8_OPERATIONS
#include "prunedamr/engine/kernels/vector.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace prunedamr::engine {
namespace {

inline IVec widen(const std::uint8_t* from)
{
    return IVec{ from[0], from[1], from[2], from[3] };
}

struct Limits {
    int zero_point, min;
};

inline Limits limits(int zero_point, int min)
{
    return { zero_point, min };
}

inline void narrow(std::uint8_t* to, IVec v, const Limits& limits, int lanes)
{
    for (int i = 0; i < lanes; ++i)
        to[i] = static_cast<std::uint8_t>(larger(v[i] + limits.zero_point, limits.min));
}

inline void narrow_four(std::uint8_t* to, IVec a, IVec b, IVec c, IVec d, const Limits& limits)
{
    narrow(to, a, limits, kLanes);
    narrow(to + kLanes, b, limits, kLanes);
    narrow(to + 2 * kLanes, c, limits, kLanes);
    narrow(to + 3 * kLanes, d, limits, kLanes);
}

inline Vec to_float(IVec v)
{
    return __builtin_convertvector(v, Vec);
}

/// For |v| < 2^22: adding 1.5 * 2^23 leaves no bits behind the point, and the hardware rounds halves to even.
inline IVec round_at_most(Vec v, Vec max)
{
    const Vec least = broadcast(-65536.0f), above = v > least ? v : least;
    return IVec((above < max ? above : max) + broadcast(12582912.0f)) - 0x4b400000;
}

inline IVec multiply_add(IVec sum, IVec a, IVec w)
{
#ifdef __SSE2__
    return sum + IVec(_mm_madd_epi16(__m128i(a), __m128i(w)));
#else
    return sum + (a & 0xffff) * ((w << 16) >> 16) + (a >> 16) * (w >> 16);
#endif
}

/// A pair in all lanes.
using Quads = IVec;
using Input = std::uint16_t;
constexpr WeightOrder kOrder = WeightOrder::pairs;
constexpr int kQuadBytes = 4 * kLanes;
constexpr int kQuads = 1;
constexpr int kShift = 0;

inline Quads quads(const Input* from)
{
    std::int32_t pair;
    __builtin_memcpy(&pair, from, sizeof pair);
    return pair - IVec{};
}

inline void renew(Quads& x)
{
    asm volatile("" : "+m"(x));
}

template <int> inline IVec dot(IVec sum, const Quads& x, const std::int8_t* weights, std::ptrdiff_t)
{
    IVec pairs;
    __builtin_memcpy(&pairs, weights, sizeof pairs);
    return multiply_add(sum, x, pairs);
}

} // namespace
} // namespace prunedamr::engine
