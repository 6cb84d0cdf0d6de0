// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/kernels.h"

#include <immintrin.h>

#define PRUNEDAMR_LANES 8
#define PRUNEDAMR_TILE_POSITIONS_1 8
#define PRUNEDAMR_TILE_POSITIONS_2 4
#define PRUNEDAMR_DEPTH_POSITIONS 4

namespace prunedamr::engine {
namespace {

#include "prunedamr/engine/kernels_simd.inc"

inline IVec widen(const std::uint8_t* from)
{
    return IVec(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from))));
}

inline void narrow(std::uint8_t* to, IVec v, int lanes)
{
    const __m128i words =
        _mm_packus_epi32(_mm256_castsi256_si128(__m256i(v)), _mm256_extracti128_si256(__m256i(v), 1));
    const __m128i bytes = _mm_packus_epi16(words, words);
    if (lanes == kLanes)
        return _mm_storel_epi64(reinterpret_cast<__m128i*>(to), bytes);
    std::uint8_t all[16];
    _mm_storeu_si128(reinterpret_cast<__m128i*>(all), bytes);
    for (int i = 0; i < lanes; ++i)
        to[i] = all[i];
}

inline void narrow_four(std::uint8_t* to, IVec a, IVec b, IVec c, IVec d)
{
    narrow(to, a, kLanes);
    narrow(to + kLanes, b, kLanes);
    narrow(to + 2 * kLanes, c, kLanes);
    narrow(to + 3 * kLanes, d, kLanes);
}

inline Vec to_float(IVec v)
{
    return Vec(_mm256_cvtepi32_ps(__m256i(v)));
}
inline IVec round_even(Vec v)
{
    return IVec(_mm256_cvtps_epi32(_mm256_round_ps(__m256(v), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)));
}

inline IVec multiply_add(IVec sum, IVec a, IVec w)
{
    return sum + IVec(_mm256_madd_epi16(__m256i(a), __m256i(w)));
}

/// Inputs 0 and 2, 1 and 3 of each quad, in 16 bits: products of pairs then never saturate.
struct Quads {
    __m256i even, odd;
};
constexpr WeightOrder kOrder = WeightOrder::pairs;
constexpr int kQuadBytes = 8 * kLanes;
constexpr int kQuads = 1;
constexpr int kShift = 0;

inline Quads quads(const std::uint8_t* from)
{
    int four;
    __builtin_memcpy(&four, from, sizeof four);
    const __m256i all = _mm256_set1_epi32(four);
    return { _mm256_and_si256(all, _mm256_set1_epi16(0x00ff)), _mm256_srli_epi16(all, 8) };
}

inline void renew(Quads& x)
{
    asm volatile("" : "+x"(x.even), "+x"(x.odd));
}

inline __m256i load_pairs(const std::int8_t* weights)
{
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(weights));
}

template <int> inline IVec dot(IVec sum, const Quads& x, const std::int8_t* weights, std::ptrdiff_t)
{
    return sum + IVec(_mm256_madd_epi16(x.even, load_pairs(weights))) +
           IVec(_mm256_madd_epi16(x.odd, load_pairs(weights + 4 * kLanes)));
}

#include "prunedamr/engine/kernels_bytes_sum.inc"

#include "prunedamr/engine/kernels_bytes.inc"

} // namespace

const ByteKernels kAvx2ByteKernels = kTable;

} // namespace prunedamr::engine
