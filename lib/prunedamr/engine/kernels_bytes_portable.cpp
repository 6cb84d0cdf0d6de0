// SPDX-License-Identifier: GPL-3.0-or-later
// For any processor: the compiler's vectors. On x86-64 16-bit products are part of the baseline.
#include "prunedamr/engine/kernels.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define PRUNEDAMR_LANES 4
#define PRUNEDAMR_TILE_POSITIONS_1 4
#define PRUNEDAMR_TILE_POSITIONS_2 4
#define PRUNEDAMR_DEPTH_POSITIONS 4

namespace prunedamr::engine {
namespace {

#include "prunedamr/engine/kernels_simd.inc"

inline IVec widen(const std::uint8_t* from)
{
    return IVec{ from[0], from[1], from[2], from[3] };
}

struct Limits {
    int zero, least;
};

inline Limits limits(int zero, int least)
{
    return { zero, least };
}

inline void narrow(std::uint8_t* to, IVec v, const Limits& limits, int lanes)
{
    for (int i = 0; i < lanes; ++i)
        to[i] = static_cast<std::uint8_t>(larger(v[i] + limits.zero, limits.least));
}

inline void narrow_four(std::uint8_t* to, IVec a, IVec b, IVec c, IVec d, const Limits& limits)
{
    narrow(to, a, limits, kLanes);
    narrow(to + kLanes, b, limits, kLanes);
    narrow(to + 2 * kLanes, c, limits, kLanes);
    narrow(to + 3 * kLanes, d, limits, kLanes);
}

inline Vec to_float(IVec v)
{
    return __builtin_convertvector(v, Vec);
}

/// For |v| < 2^22: adding 1.5 * 2^23 leaves no bits behind the point, and the hardware rounds halves to even.
inline IVec round_at_most(Vec v, Vec most)
{
    const Vec least = broadcast(-65536.0f), above = v > least ? v : least;
    return IVec((above < most ? above : most) + broadcast(12582912.0f)) - 0x4b400000;
}

inline IVec multiply_add(IVec sum, IVec a, IVec w)
{
#ifdef __SSE2__
    return sum + IVec(_mm_madd_epi16(__m128i(a), __m128i(w)));
#else
    return sum + (a & 0xffff) * ((w << 16) >> 16) + (a >> 16) * (w >> 16);
#endif
}

/// Inputs 0 and 2, 1 and 3 of each quad, in 16 bits.
struct Quads {
    IVec even, odd;
};
constexpr WeightOrder kOrder = WeightOrder::pairs;
constexpr int kQuadBytes = 8 * kLanes;
constexpr int kQuads = 1;
constexpr int kShift = 0;

inline Quads quads(const std::uint8_t* from)
{
    std::int32_t four;
    __builtin_memcpy(&four, from, sizeof four);
    const std::int32_t even = four & 0x00ff00ff, odd = (four >> 8) & 0x00ff00ff;
    return { even - IVec{}, odd - IVec{} };
}

inline void renew(Quads& x)
{
    asm volatile("" : "+m"(x));
}

template <int> inline IVec dot(IVec sum, const Quads& x, const std::int8_t* weights, std::ptrdiff_t)
{
    IVec even, odd;
    __builtin_memcpy(&even, weights, sizeof even);
    __builtin_memcpy(&odd, weights + 4 * kLanes, sizeof odd);
    return multiply_add(multiply_add(sum, x.even, even), x.odd, odd);
}

#include "prunedamr/engine/kernels_bytes_sum.inc"

#include "prunedamr/engine/kernels_bytes.inc"

} // namespace

const ByteKernels kPortableByteKernels = kTable;

} // namespace prunedamr::engine
