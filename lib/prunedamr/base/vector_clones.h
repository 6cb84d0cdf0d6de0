// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex> // tells which C library this is

/// Before the definition of a function with a hot loop: compiled for several levels of the processor's vectors, the
/// best one chosen when the library is loaded. Nothing elsewhere, nor under sanitizers, which start after the
/// choice. Such functions belong into unnamed namespaces: the compiler exports others whatever their visibility.
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12 &&     \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define PRUNEDAMR_VECTOR_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PRUNEDAMR_VECTOR_CLONES
#endif

namespace prunedamr {

/// Floats at any address; arithmetic goes element by element on every compiler that this project knows.
typedef float Float8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef float Float4 __attribute__((vector_size(16), aligned(4), may_alias));

/// The lower four elements plus the upper four.
inline Float4 halve(const Float8& v)
{
#if defined(__has_builtin) && __has_builtin(__builtin_shufflevector)
    return __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
#else
    return Float4{ v[0] + v[4], v[1] + v[5], v[2] + v[6], v[3] + v[7] };
#endif
}

/// Sums of the even and of the odd elements: real and imaginary parts of interleaved samples.
inline std::complex<float> fold(const Float4& v)
{
#if defined(__has_builtin) && __has_builtin(__builtin_shufflevector)
    const Float4 sums = v + __builtin_shufflevector(v, v, 2, 3, 0, 1);
    return { sums[0], sums[1] };
#else
    return { v[0] + v[2], v[1] + v[3] };
#endif
}

} // namespace prunedamr
