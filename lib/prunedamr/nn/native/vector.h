// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/vector_clones.h"

#include <cstdint>

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wpsabi" // of vectors as arguments: all of that is inlined
#endif
#define PRUNEDAMR_INLINE inline __attribute__((always_inline))

namespace prunedamr::nn::native {

/// As many floats as every kernel of this folder takes at once, at any address; compilers split them where the
/// processor's vectors are shorter.
typedef float Vector __attribute__((vector_size(64), aligned(4), may_alias));
typedef std::int32_t Lanes __attribute__((vector_size(64)));

PRUNEDAMR_INLINE const Vector& at(const float* p)
{
    return *reinterpret_cast<const Vector*>(p);
}

PRUNEDAMR_INLINE Vector& at(float* p)
{
    return *reinterpret_cast<Vector*>(p);
}

} // namespace prunedamr::nn::native
