// SPDX-License-Identifier: GPL-3.0-or-later
// Any arm64: products in 16 bits. Of shifted inputs two fit into one sum.
#include "prunedamr/engine/kernels.h"

#include <arm_neon.h>

#define PRUNEDAMR_NEON
#define PRUNEDAMR_LANES 4
#define PRUNEDAMR_TILE_POSITIONS_1 8
#define PRUNEDAMR_TILE_POSITIONS_2 4
#define PRUNEDAMR_PEAK_SUMS 8

namespace prunedamr::engine {
namespace {

#include "prunedamr/engine/kernels_simd.inc"

#include "prunedamr/engine/kernels_bytes_neon.inc"

/// Two neighbours of a half add up to a channel.
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

#include "prunedamr/engine/kernels_bytes.inc"

} // namespace

const ByteKernels kNeonByteKernels = kTable;

} // namespace prunedamr::engine
