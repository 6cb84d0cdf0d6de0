// SPDX-License-Identifier: GPL-3.0-or-later
#define PRUNEDAMR_DOTPROD
#include "prunedamr/engine/kernels/int8/neon.h"

#include "prunedamr/engine/kernels/int8/depthwise_neon.h"
#include "prunedamr/engine/kernels/int8/kernels.h"

namespace prunedamr::engine {

constexpr Int8Kernels kNeonDotprodInt8 = int8_table();

} // namespace prunedamr::engine
