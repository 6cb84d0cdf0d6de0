// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/kernels/int8/neon.h"

#include "prunedamr/engine/kernels/int8/depthwise_neon.h"
#include "prunedamr/engine/kernels/int8/kernels.h"

namespace prunedamr::engine {

constexpr Int8Kernels kNeonInt8 = int8_table();

} // namespace prunedamr::engine
