// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The int8 operations of AVX-512, described in portable.h: with PRUNEDAMR_VNNI by dot products of four bytes.

#define PRUNEDAMR_LANES 16
#ifdef PRUNEDAMR_VNNI
#define PRUNEDAMR_TILE_POSITIONS_1 14
#define PRUNEDAMR_TILE_POSITIONS_2 12
#else
#define PRUNEDAMR_TILE_POSITIONS_1 12
#define PRUNEDAMR_TILE_POSITIONS_2 10
#endif
#define PRUNEDAMR_DEPTH_POSITIONS 8
#define PRUNEDAMR_PEAK_SUMS 12
#define PRUNEDAMR_INT8_OPERATIONS
#include "prunedamr/engine/kernels/vector.h"

namespace prunedamr::engine {
namespace {

inline __m512i load_register(const void* from)
{
    return _mm512_loadu_si512(from);
}

inline IVec widen(const std::uint8_t* from)
{
    return IVec(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))));
}

struct Limits {
    __m512i zero_point, min, zero_point_words, min_bytes;
};

inline Limits limits(int zero_point, int min)
{
    return { _mm512_set1_epi32(zero_point), _mm512_set1_epi32(min),
             _mm512_set1_epi16(static_cast<short>(zero_point)), _mm512_set1_epi8(static_cast<char>(min)) };
}

inline void narrow(std::uint8_t* to, IVec v, const Limits& limits, int lanes)
{
    const __m512i held = _mm512_max_epi32(_mm512_add_epi32(__m512i(v), limits.zero_point), limits.min);
    const __m128i bytes = _mm512_cvtepi32_epi8(held);
    if (lanes == kLanes)
        return _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
    _mm_mask_storeu_epi8(to, static_cast<__mmask16>((1u << lanes) - 1), bytes);
}

/// Of the words of vectors a and b, and c and d: packing saturates, and works within quarters of the register.
inline __m512i to_bytes(__m512i ab, __m512i cd, const Limits& limits)
{
    const __m512i bytes = _mm512_packus_epi16(_mm512_adds_epi16(ab, limits.zero_point_words),
                                              _mm512_adds_epi16(cd, limits.zero_point_words));
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    return _mm512_permutexvar_epi32(order, _mm512_max_epu8(bytes, limits.min_bytes));
}

inline __m512i pack_words(IVec a, IVec b)
{
    return _mm512_packs_epi32(__m512i(a), __m512i(b));
}

inline void narrow_four(std::uint8_t* to, IVec a, IVec b, IVec c, IVec d, const Limits& limits)
{
    _mm512_storeu_si512(to, to_bytes(pack_words(a, b), pack_words(c, d), limits));
}

inline Vec to_float(IVec v)
{
    return Vec(_mm512_cvtepi32_ps(__m512i(v)));
}
/// Of two the second if either is NaN; the smallest integer is what NaN becomes.
inline IVec round_at_most(Vec v, Vec max)
{
    return IVec(_mm512_cvt_roundps_epi32(_mm512_min_ps(__m512(max), __m512(v)),
                                         _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

/// As `to_bytes`, of the first `lanes` of 64 channels.
[[maybe_unused]] inline void store_bytes(std::uint8_t* to, __m512i ab, __m512i cd, const Limits& limits, int lanes)
{
    _mm512_mask_storeu_epi8(to, static_cast<__mmask64>(~0ull >> (4 * kLanes - lanes)), to_bytes(ab, cd, limits));
}

constexpr int kQuads = 1;
constexpr int kShift = 0;

#ifdef PRUNEDAMR_VNNI
using Input = std::uint8_t;
constexpr WeightOrder kOrder = WeightOrder::quads;
#else
using Input = std::uint16_t;
constexpr WeightOrder kOrder = WeightOrder::pairs;
#endif

/// A quad or pair in all lanes.
using Quads = __m512i;
constexpr int kQuadBytes = 4 * kLanes;

inline Quads quads(const Input* from)
{
    int joined;
    __builtin_memcpy(&joined, from, sizeof joined);
    return _mm512_set1_epi32(joined);
}

inline void renew(Quads& x)
{
    asm volatile("" : "+v"(x));
}

#ifdef PRUNEDAMR_VNNI
inline IVec add_products(IVec sum, __m512i quads, __m512i weights)
{
    return IVec(_mm512_dpbusd_epi32(__m512i(sum), quads, weights));
}

/// 64 channels of a position, so ordered that unpacking, which works within quarters of the register, brings them
/// into theirs.
inline __m512i channels_of(const std::uint8_t* from)
{
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    return _mm512_permutexvar_epi32(order, load_register(from));
}
template <bool High> inline __m512i unpack_bytes(__m512i a, __m512i b)
{
    return High ? _mm512_unpackhi_epi8(a, b) : _mm512_unpacklo_epi8(a, b);
}
template <bool High> inline __m512i unpack_words(__m512i a, __m512i b)
{
    return High ? _mm512_unpackhi_epi16(a, b) : _mm512_unpacklo_epi16(a, b);
}
#else
inline IVec multiply_add(IVec sum, IVec a, IVec w)
{
    return sum + IVec(_mm512_madd_epi16(__m512i(a), __m512i(w)));
}
inline IVec add_products(IVec sum, __m512i pairs, __m512i weights)
{
    return multiply_add(sum, IVec(pairs), IVec(weights));
}
#endif

template <int> inline IVec dot(IVec sum, Quads x, const std::int8_t* weights, std::ptrdiff_t)
{
    return add_products(sum, x, load_register(weights));
}

} // namespace
} // namespace prunedamr::engine
