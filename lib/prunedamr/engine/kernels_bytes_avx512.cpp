// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/kernels.h"

#include <immintrin.h>

#define PRUNEDAMR_LANES 16
#define PRUNEDAMR_TILE_POSITIONS_1 12
#define PRUNEDAMR_TILE_POSITIONS_2 10
#define PRUNEDAMR_DEPTH_POSITIONS 8

namespace prunedamr::engine {
namespace {

#include "prunedamr/engine/kernels_simd.inc"

#include "prunedamr/engine/kernels_bytes_512.inc"

inline IVec multiply_add(IVec sum, IVec a, IVec w)
{
    return sum + IVec(_mm512_madd_epi16(__m512i(a), __m512i(w)));
}

/// Inputs 0 and 2, 1 and 3 of each quad, in 16 bits: products of pairs then never saturate.
struct Quads {
    __m512i even, odd;
};
constexpr WeightOrder kOrder = WeightOrder::pairs;
constexpr int kQuadBytes = 8 * kLanes;
constexpr int kQuads = 1;
constexpr int kShift = 0;

inline Quads quads(const std::uint8_t* from)
{
    int four;
    __builtin_memcpy(&four, from, sizeof four);
    const __m512i all = _mm512_set1_epi32(four);
    return { _mm512_and_si512(all, _mm512_set1_epi16(0x00ff)), _mm512_srli_epi16(all, 8) };
}

inline void renew(Quads& x)
{
    asm volatile("" : "+v"(x.even), "+v"(x.odd));
}

template <int> inline IVec dot(IVec sum, const Quads& x, const std::int8_t* weights, std::ptrdiff_t)
{
    return sum + IVec(_mm512_madd_epi16(x.even, _mm512_loadu_si512(weights))) +
           IVec(_mm512_madd_epi16(x.odd, _mm512_loadu_si512(weights + 4 * kLanes)));
}

#include "prunedamr/engine/kernels_bytes_sum.inc"

#include "prunedamr/engine/kernels_bytes.inc"

} // namespace

const ByteKernels kAvx512ByteKernels = kTable;

} // namespace prunedamr::engine
