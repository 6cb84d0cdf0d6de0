// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Before the definition of a function with a hot loop: compiled for several levels of the processor's vectors, the
/// best one chosen when the library is loaded. Nothing elsewhere, nor under sanitizers, which start after the
/// choice.
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12 &&     \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define PRUNEDAMR_VECTOR_CLONES __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define PRUNEDAMR_VECTOR_CLONES
#endif

#include <complex>
#include <cstring>

namespace prunedamr {

/// Eight floats at any address; arithmetic goes element by element on every compiler that this project knows.
typedef float Float8 __attribute__((vector_size(32), aligned(4), may_alias));

/// Sums of the even and of the odd elements: real and imaginary parts of interleaved samples.
inline std::complex<float> fold(const Float8& sums)
{
    float lane[8];
    std::memcpy(lane, &sums, sizeof lane);
    for (int width = 4; width >= 2; width /= 2)
        for (int i = 0; i < width; ++i)
            lane[i] += lane[i + width];
    return { lane[0], lane[1] };
}

} // namespace prunedamr
