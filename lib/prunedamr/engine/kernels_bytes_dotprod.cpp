// SPDX-License-Identifier: GPL-3.0-or-later
// NEON with dot products of signed bytes (ARMv8.2 DotProd).
#include "prunedamr/engine/kernels.h"

#include <arm_neon.h>

#define PRUNEDAMR_NEON
#define PRUNEDAMR_LANES 4
#define PRUNEDAMR_TILE_POSITIONS_1 12
#define PRUNEDAMR_TILE_POSITIONS_2 8
#define PRUNEDAMR_QUAD_BY_QUAD
#define PRUNEDAMR_PEAK_SUMS 24

namespace prunedamr::engine {
namespace {

#include "prunedamr/engine/kernels_simd.inc"

#include "prunedamr/engine/kernels_bytes_neon.inc"

#include "prunedamr/engine/kernels_bytes_sum.inc"

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

#include "prunedamr/engine/kernels_bytes.inc"

} // namespace

const ByteKernels kDotprodByteKernels = kTable;

} // namespace prunedamr::engine
