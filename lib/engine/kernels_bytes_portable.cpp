// SPDX-License-Identifier: GPL-3.0-or-later
// For any processor: the compiler's vectors, no intrinsics.
#include "prunedamr/engine/kernels.h"

#define PRUNEDAMR_LANES 4
#define PRUNEDAMR_TILE_POSITIONS_1 4
#define PRUNEDAMR_TILE_POSITIONS_2 4

namespace prunedamr::engine {
namespace {

#include "prunedamr/engine/kernels_simd.inc"

using IVec = std::int32_t __attribute__((vector_size(16)));

inline IVec widen(const std::uint8_t* from)
{
    return IVec{ from[0], from[1], from[2], from[3] };
}

inline void narrow(std::uint8_t* to, IVec v, int lanes)
{
    for (int i = 0; i < lanes; ++i)
        to[i] = static_cast<std::uint8_t>(v[i]);
}

inline Vec to_float(IVec v)
{
    return __builtin_convertvector(v, Vec);
}

/// For |v| < 2^22: adding 1.5 * 2^23 leaves no bits behind the point, and the hardware rounds halves to even.
inline IVec round_even(Vec v)
{
    const Vec shifted = v + broadcast(12582912.0f);
    return IVec(shifted) - 0x4b400000;
}

inline IVec multiply_add(IVec sum, IVec a, IVec w)
{
    return sum + a * w;
}

using Quads = const std::uint8_t*;
constexpr WeightOrder kOrder = WeightOrder::pairs;
constexpr int kQuadBytes = 8 * kLanes;

inline Quads quads(const std::uint8_t* from)
{
    return from;
}

inline void renew(Quads& x)
{
    asm volatile("" : "+r"(x)::"memory");
}

inline IVec dot(IVec sum, Quads x, const std::int8_t* weights)
{
    std::int16_t w[4 * kLanes];
    __builtin_memcpy(w, weights, sizeof w);
    for (int lane = 0; lane < kLanes; ++lane)
        sum[lane] += x[0] * w[2 * lane] + x[2] * w[2 * lane + 1] + x[1] * w[2 * (lane + kLanes)] +
                     x[3] * w[2 * (lane + kLanes) + 1];
    return sum;
}

#include "prunedamr/engine/kernels_bytes.inc"

} // namespace

const ByteKernels kPortableByteKernels = kTable;

} // namespace prunedamr::engine
