// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/kernels/int8/avx512.h"

#include "prunedamr/engine/kernels/int8/depthwise_pairs.h"
#include "prunedamr/engine/kernels/int8/kernels.h"

namespace prunedamr::engine {

constexpr Int8Kernels kAvx512Int8 = int8_table();

} // namespace prunedamr::engine
