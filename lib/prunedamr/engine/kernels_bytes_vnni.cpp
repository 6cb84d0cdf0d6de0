// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/kernels.h"

#include <immintrin.h>

#define PRUNEDAMR_LANES 16
#define PRUNEDAMR_TILE_POSITIONS_1 14
#define PRUNEDAMR_TILE_POSITIONS_2 12
#define PRUNEDAMR_DEPTH_POSITIONS 8
#define PRUNEDAMR_DEPTH_QUADS

namespace prunedamr::engine {
namespace {

#include "prunedamr/engine/kernels_simd.inc"

#include "prunedamr/engine/kernels_bytes_512.inc"

using Quads = __m512i;
constexpr WeightOrder kOrder = WeightOrder::quads;
constexpr int kQuadBytes = 4 * kLanes;
constexpr int kQuads = 1;
constexpr int kShift = 0;

inline Quads quads(const std::uint8_t* from)
{
    int four;
    __builtin_memcpy(&four, from, sizeof four);
    return _mm512_set1_epi32(four);
}

inline void renew(Quads& x)
{
    asm volatile("" : "+v"(x));
}

template <int> inline IVec dot(IVec sum, Quads x, const std::int8_t* weights, std::ptrdiff_t)
{
    return IVec(_mm512_dpbusd_epi32(__m512i(sum), x, _mm512_loadu_si512(weights)));
}

#include "prunedamr/engine/kernels_bytes_sum.inc"

#include "prunedamr/engine/kernels_bytes.inc"

} // namespace

const ByteKernels kVnniByteKernels = kTable;

} // namespace prunedamr::engine
