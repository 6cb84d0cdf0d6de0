// SPDX-License-Identifier: GPL-3.0-or-later
#define PRUNEDAMR_DOTPROD
#define PRUNEDAMR_I8MM
#include "prunedamr/engine/kernels/int8/neon.h"

#include "prunedamr/engine/kernels/int8/depthwise_neon.h"
#include "prunedamr/engine/kernels/int8/kernels.h"

namespace prunedamr::engine {

constexpr Int8Kernels kNeonI8mmInt8 = int8_table();

} // namespace prunedamr::engine
