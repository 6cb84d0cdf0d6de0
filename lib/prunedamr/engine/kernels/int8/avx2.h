// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The int8 operations of AVX2, described in portable.h: with PRUNEDAMR_VNNI (AVX-VNNI) by dot products of four
// bytes.

#define PRUNEDAMR_LANES 8
#ifdef PRUNEDAMR_VNNI
#define PRUNEDAMR_TILE_POSITIONS_1 12
#define PRUNEDAMR_TILE_POSITIONS_2 6
#else
#define PRUNEDAMR_TILE_POSITIONS_1 8
#define PRUNEDAMR_TILE_POSITIONS_2 6
#endif
#define PRUNEDAMR_DEPTH_POSITIONS 4
#define PRUNEDAMR_PEAK_SUMS 12
#define PRUNEDAMR_NARROW_TWO
#define PRUNEDAMR_INT8_OPERATIONS
#include "prunedamr/engine/kernels/vector.h"

namespace prunedamr::engine {
namespace {

inline __m256i load_register(const void* from)
{
    return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}

inline IVec widen(const std::uint8_t* from)
{
    return IVec(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from))));
}

struct Limits {
    __m256i zero_point_words, min_bytes;
};

inline Limits limits(int zero_point, int min)
{
    return { _mm256_set1_epi16(static_cast<short>(zero_point)), _mm256_set1_epi8(static_cast<char>(min)) };
}

/// The first `count` bytes of less than 16.
inline void store_some(std::uint8_t* to, __m128i bytes, int count)
{
    if (count & 8) {
        _mm_storel_epi64(reinterpret_cast<__m128i*>(to), bytes);
        bytes = _mm_unpackhi_epi64(bytes, bytes);
        to += 8;
    }
    if (count & 4) {
        const int four = _mm_cvtsi128_si32(bytes);
        __builtin_memcpy(to, &four, 4);
        bytes = _mm_srli_si128(bytes, 4);
        to += 4;
    }
    int rest = _mm_cvtsi128_si32(bytes);
    if (count & 2) {
        __builtin_memcpy(to, &rest, 2);
        rest >>= 16;
        to += 2;
    }
    if (count & 1)
        *to = static_cast<std::uint8_t>(rest);
}

/// Packing saturates, and works within halves of the register.
inline __m256i pack_words(IVec a, IVec b)
{
    return _mm256_packs_epi32(__m256i(a), __m256i(b));
}

inline void narrow_two(std::uint8_t* to, IVec a, IVec b, const Limits& limits, int lanes)
{
    const __m256i words = _mm256_adds_epi16(pack_words(a, b), limits.zero_point_words);
    const __m256i halves = _mm256_max_epu8(_mm256_packus_epi16(words, words), limits.min_bytes);
    const __m128i bytes = _mm_unpacklo_epi32(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
    if (lanes == 2 * kLanes)
        return _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
    store_some(to, bytes, lanes);
}

inline void narrow(std::uint8_t* to, IVec v, const Limits& limits, int lanes)
{
    narrow_two(to, v, v, limits, lanes);
}

/// Of the words of vectors a and b, and c and d.
inline __m256i to_bytes(__m256i ab, __m256i cd, const Limits& limits)
{
    const __m256i bytes = _mm256_packus_epi16(_mm256_adds_epi16(ab, limits.zero_point_words),
                                              _mm256_adds_epi16(cd, limits.zero_point_words));
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    return _mm256_permutevar8x32_epi32(_mm256_max_epu8(bytes, limits.min_bytes), order);
}

/// As `to_bytes`, of the first `lanes` of 32 channels.
[[maybe_unused]] inline void store_bytes(std::uint8_t* to, __m256i ab, __m256i cd, const Limits& limits, int lanes)
{
    const __m256i bytes = to_bytes(ab, cd, limits);
    if (lanes == 4 * kLanes)
        return _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), bytes);
    __m128i part = _mm256_castsi256_si128(bytes);
    if (lanes & 16) {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to), part);
        part = _mm256_extracti128_si256(bytes, 1);
        to += 16;
    }
    store_some(to, part, lanes);
}

inline void narrow_four(std::uint8_t* to, IVec a, IVec b, IVec c, IVec d, const Limits& limits)
{
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), to_bytes(pack_words(a, b), pack_words(c, d), limits));
}

inline Vec to_float(IVec v)
{
    return Vec(_mm256_cvtepi32_ps(__m256i(v)));
}
/// Of two the second if either is NaN; the smallest integer is what NaN becomes. Rounds as all arithmetic does.
inline IVec round_at_most(Vec v, Vec max)
{
    return IVec(_mm256_cvtps_epi32(_mm256_min_ps(__m256(max), __m256(v))));
}

#ifdef PRUNEDAMR_VNNI
using Input = std::uint8_t;
constexpr WeightOrder kOrder = WeightOrder::quads;
#else
using Input = std::uint16_t;
constexpr WeightOrder kOrder = WeightOrder::pairs;
#endif

/// A quad or pair in all lanes.
using Quads = __m256i;
constexpr int kQuadBytes = 4 * kLanes;
constexpr int kQuads = 1;
constexpr int kShift = 0;

inline Quads quads(const Input* from)
{
    int joined;
    __builtin_memcpy(&joined, from, sizeof joined);
    return _mm256_set1_epi32(joined);
}

inline void renew(Quads& x)
{
    asm volatile("" : "+x"(x));
}

#ifdef PRUNEDAMR_VNNI
inline IVec add_products(IVec sum, __m256i quads, __m256i weights)
{
    return IVec(_mm256_dpbusd_avx_epi32(__m256i(sum), quads, weights));
}

/// 32 channels of a position, so ordered that unpacking, which works within halves of the register, brings them
/// into theirs.
inline __m256i channels_of(const std::uint8_t* from)
{
    return _mm256_permutevar8x32_epi32(load_register(from), _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7));
}
template <bool High> inline __m256i unpack_bytes(__m256i a, __m256i b)
{
    return High ? _mm256_unpackhi_epi8(a, b) : _mm256_unpacklo_epi8(a, b);
}
#else
inline IVec add_products(IVec sum, __m256i pairs, __m256i weights)
{
    return sum + IVec(_mm256_madd_epi16(pairs, weights));
}
#endif

template <bool High> inline __m256i unpack_words(__m256i a, __m256i b)
{
    return High ? _mm256_unpackhi_epi16(a, b) : _mm256_unpacklo_epi16(a, b);
}
template <int> inline IVec dot(IVec sum, Quads x, const std::int8_t* weights, std::ptrdiff_t)
{
    return add_products(sum, x, load_register(weights));
}

} // namespace
} // namespace prunedamr::engine
