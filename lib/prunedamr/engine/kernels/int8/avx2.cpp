// SPDX-License-Identifier: GPL-3.0-or-later
#define PRUNEDAMR_LANES 8
#define PRUNEDAMR_TILE_POSITIONS_1 8
#define PRUNEDAMR_TILE_POSITIONS_2 4
#define PRUNEDAMR_DEPTH_POSITIONS 4
#define PRUNEDAMR_PEAK_SUMS 12
#define PRUNEDAMR_INT8_OPERATIONS
#include "prunedamr/engine/kernels/vector.h"

namespace prunedamr::engine {
namespace {

inline IVec widen(const std::uint8_t* from)
{
    return IVec(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from))));
}

struct Limits {
    __m256i zero_point, min, zero_point_words, min_bytes;
};

inline Limits limits(int zero_point, int min)
{
    return { _mm256_set1_epi32(zero_point), _mm256_set1_epi32(min),
             _mm256_set1_epi16(static_cast<short>(zero_point)), _mm256_set1_epi8(static_cast<char>(min)) };
}

inline void narrow(std::uint8_t* to, IVec v, const Limits& limits, int lanes)
{
    const __m256i held = _mm256_max_epi32(_mm256_add_epi32(__m256i(v), limits.zero_point), limits.min);
    const __m128i words = _mm_packus_epi32(_mm256_castsi256_si128(held), _mm256_extracti128_si256(held, 1));
    const __m128i bytes = _mm_packus_epi16(words, words);
    if (lanes == kLanes)
        return _mm_storel_epi64(reinterpret_cast<__m128i*>(to), bytes);
    std::uint8_t all[16];
    _mm_storeu_si128(reinterpret_cast<__m128i*>(all), bytes);
    for (int i = 0; i < lanes; ++i)
        to[i] = all[i];
}

/// Packing saturates, and works within halves of the register.
inline void narrow_four(std::uint8_t* to, IVec a, IVec b, IVec c, IVec d, const Limits& limits)
{
    const __m256i ab = _mm256_adds_epi16(_mm256_packs_epi32(__m256i(a), __m256i(b)), limits.zero_point_words);
    const __m256i cd = _mm256_adds_epi16(_mm256_packs_epi32(__m256i(c), __m256i(d)), limits.zero_point_words);
    const __m256i bytes = _mm256_max_epu8(_mm256_packus_epi16(ab, cd), limits.min_bytes);
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_permutevar8x32_epi32(bytes, order));
}

inline Vec to_float(IVec v)
{
    return Vec(_mm256_cvtepi32_ps(__m256i(v)));
}
/// Of two the second if either is NaN; the smallest integer is what NaN becomes.
inline IVec round_at_most(Vec v, Vec max)
{
    const __m256 rounded =
        _mm256_round_ps(_mm256_min_ps(__m256(max), __m256(v)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    return IVec(_mm256_cvtps_epi32(rounded));
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

} // namespace
} // namespace prunedamr::engine

#include "prunedamr/engine/kernels/int8/depthwise_pairs.h"
#include "prunedamr/engine/kernels/int8/kernels.h"

namespace prunedamr::engine {

constexpr Int8Kernels kAvx2Int8 = int8_table();

} // namespace prunedamr::engine
