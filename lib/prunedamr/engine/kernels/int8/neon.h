// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The int8 operations of NEON, described in portable.h. On any arm64 products have 16 bits: two products of shifted
// inputs fit into one sum. With PRUNEDAMR_DOTPROD (ARMv8.2 DotProd) they are dot products of four signed bytes,
// with PRUNEDAMR_I8MM as well (ARMv8.6 I8MM) those of two positions and two channels at a time, of eight.

#define PRUNEDAMR_NEON
#define PRUNEDAMR_LANES 4
#ifdef PRUNEDAMR_DOTPROD
#define PRUNEDAMR_TILE_POSITIONS_1 12
#define PRUNEDAMR_TILE_POSITIONS_2 8
#define PRUNEDAMR_QUAD_BY_QUAD
#define PRUNEDAMR_PEAK_SUMS 24
#else
#define PRUNEDAMR_TILE_POSITIONS_1 8
#define PRUNEDAMR_TILE_POSITIONS_2 4
#define PRUNEDAMR_OWN_SUM
#define PRUNEDAMR_PEAK_SUMS 8
#endif
#define PRUNEDAMR_INT8_OPERATIONS
#include "prunedamr/engine/kernels/vector.h"

namespace prunedamr::engine {
namespace {

inline IVec widen(const std::uint8_t* from)
{
    std::uint32_t four;
    __builtin_memcpy(&four, from, sizeof four);
    return IVec(vmovl_u16(vget_low_u16(vmovl_u8(vcreate_u8(four)))));
}

struct Limits {
    int32x4_t zero_point, min;
    int16x8_t zero_point_words;
    uint8x16_t min_bytes;
};

inline Limits limits(int zero_point, int min)
{
    return { vdupq_n_s32(zero_point), vdupq_n_s32(min), vdupq_n_s16(static_cast<std::int16_t>(zero_point)),
             vdupq_n_u8(static_cast<std::uint8_t>(min)) };
}

/// Narrowing saturates.
inline void narrow(std::uint8_t* to, IVec v, const Limits& limits, int lanes)
{
    const int32x4_t held = vmaxq_s32(vqaddq_s32(int32x4_t(v), limits.zero_point), limits.min);
    const uint16x4_t words = vqmovun_s32(held);
    std::uint32_t four = vget_lane_u32(uint32x2_t(vqmovn_u16(vcombine_u16(words, words))), 0);
    if (lanes == kLanes) {
        __builtin_memcpy(to, &four, 4);
        return;
    }
    if (lanes & 2) {
        __builtin_memcpy(to, &four, 2);
        four >>= 16;
        to += 2;
    }
    if (lanes & 1)
        *to = static_cast<std::uint8_t>(four);
}

inline void narrow_four(std::uint8_t* to, IVec a, IVec b, IVec c, IVec d, const Limits& limits)
{
    const int16x8_t ab =
        vqaddq_s16(vqmovn_high_s32(vqmovn_s32(int32x4_t(a)), int32x4_t(b)), limits.zero_point_words);
    const int16x8_t cd =
        vqaddq_s16(vqmovn_high_s32(vqmovn_s32(int32x4_t(c)), int32x4_t(d)), limits.zero_point_words);
    vst1q_u8(to, vmaxq_u8(vqmovun_high_s16(vqmovun_s16(ab), cd), limits.min_bytes));
}

inline Vec to_float(IVec v)
{
    return Vec(vcvtq_f32_s32(int32x4_t(v)));
}
/// Narrowing holds what is too much.
inline IVec round_at_most(Vec v, Vec)
{
    return IVec(vcvtnq_s32_f32(vmaxnmq_f32(float32x4_t(v), vdupq_n_f32(-65536.0f))));
}

using Input = std::uint8_t;
constexpr WeightOrder kOrder = WeightOrder::quads;
constexpr int kQuadBytes = 4 * kLanes;

/// Instructions multiply signed bytes: inputs less 128.
constexpr int kShift = 128;

constexpr int kQuads = 4;

inline int8x16_t shifted_inputs(const std::uint8_t* from)
{
    return int8x16_t(veorq_u8(vld1q_u8(from), vdupq_n_u8(0x80)));
}

#ifdef PRUNEDAMR_DOTPROD
/// An instruction picks its quad.
using Quads = int8x16_t;

inline Quads quads(const std::uint8_t* from)
{
    return shifted_inputs(from);
}

inline void renew(Quads& x)
{
    asm volatile("" : "+w"(x));
}

template <int Quad> inline IVec dot_quad(IVec sum, Quads x, const std::int8_t* weights)
{
    return IVec(vdotq_laneq_s32(int32x4_t(sum), vld1q_s8(weights), x, Quad));
}

template <int Count> inline IVec dot(IVec sum, Quads x, const std::int8_t* weights, std::ptrdiff_t step)
{
    if constexpr (Count > 1)
        sum = dot<Count - 1>(sum, x, weights, step);
    return dot_quad<Count - 1>(sum, x, weights + (Count - 1) * step);
}

#ifdef PRUNEDAMR_I8MM
#define PRUNEDAMR_POSITION_PAIRS
#define PRUNEDAMR_OWN_PEAK

/// From the channels of two positions to the first two channels of both and the last two of both, or back.
inline void turn_pair(IVec& a, IVec& b)
{
    const int64x2_t first = int64x2_t(a), second = int64x2_t(b);
    a = IVec(vzip1q_s64(first, second));
    b = IVec(vzip2q_s64(first, second));
}

/// Two quads of two positions.
using PairInputs = int8x16_t;
inline PairInputs pair_inputs(const std::uint8_t* a, const std::uint8_t* b)
{
    return int8x16_t(veorq_u8(vcombine_u8(vld1_u8(a), vld1_u8(b)), vdupq_n_u8(0x80)));
}

/// Weights of two quads, of which the second may be none, for the first two channels and for the last two.
struct PairWeights {
    int8x16_t first, last;
};
template <bool Two> inline PairWeights pair_weights(const std::int8_t* quad, std::ptrdiff_t step)
{
    const int32x4_t a = int32x4_t(vld1q_s8(quad)), b = Two ? int32x4_t(vld1q_s8(quad + step)) : vdupq_n_s32(0);
    return { int8x16_t(vzip1q_s32(a, b)), int8x16_t(vzip2q_s32(a, b)) };
}

inline IVec multiply_pair(IVec sum, PairInputs x, int8x16_t weights)
{
    return IVec(vmmlaq_s32(int32x4_t(sum), x, weights));
}

/// As many products as in `dot<kQuads>`.
inline IVec peak_dot(IVec sum, Quads x, const std::int8_t* weights)
{
    sum = multiply_pair(sum, x, vld1q_s8(weights));
    return multiply_pair(sum, x, vld1q_s8(weights + kQuadBytes));
}
#endif
#else
/// Two neighbors of a half add up to a channel.
struct Sum {
    int32x4_t low, high;
};
inline Sum begin(IVec v)
{
    const int32x4_t zero = vdupq_n_s32(0);
    return { vzip1q_s32(int32x4_t(v), zero), vzip2q_s32(int32x4_t(v), zero) };
}
inline IVec total(const Sum& sum)
{
    return IVec(vpaddq_s32(sum.low, sum.high));
}

/// Each quad in all lanes.
struct Quads {
    int8x16_t quad[kQuads];
};

inline Quads quads(const std::uint8_t* from)
{
    const int32x4_t all = int32x4_t(shifted_inputs(from));
    return { { int8x16_t(vdupq_laneq_s32(all, 0)), int8x16_t(vdupq_laneq_s32(all, 1)),
               int8x16_t(vdupq_laneq_s32(all, 2)), int8x16_t(vdupq_laneq_s32(all, 3)) } };
}

inline void renew(Quads& x)
{
    asm volatile("" : "+w"(x.quad[0]), "+w"(x.quad[1]), "+w"(x.quad[2]), "+w"(x.quad[3]));
}

template <int Count> inline Sum dot(Sum sum, const Quads& x, const std::int8_t* weights, std::ptrdiff_t step)
{
    for (int i = 0; i < Count; i += 2) {
        const int8x16_t w = vld1q_s8(weights + i * step);
        int16x8_t low = vmull_s8(vget_low_s8(w), vget_low_s8(x.quad[i]));
        int16x8_t high = vmull_high_s8(w, x.quad[i]);
        if (i + 1 < Count) {
            const int8x16_t next = vld1q_s8(weights + (i + 1) * step);
            low = vmlal_s8(low, vget_low_s8(next), vget_low_s8(x.quad[i + 1]));
            high = vmlal_high_s8(high, next, x.quad[i + 1]);
        }
        sum.low = vpadalq_s16(sum.low, low);
        sum.high = vpadalq_s16(sum.high, high);
    }
    return sum;
}
#endif

} // namespace
} // namespace prunedamr::engine
