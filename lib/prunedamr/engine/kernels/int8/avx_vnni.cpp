// SPDX-License-Identifier: GPL-3.0-or-later
#define PRUNEDAMR_VNNI
#include "prunedamr/engine/kernels/int8/avx2.h"

#include "prunedamr/engine/kernels/int8/depthwise_quads.h"
#include "prunedamr/engine/kernels/int8/kernels.h"

namespace prunedamr::engine {

constexpr Int8Kernels kAvxVnniInt8 = int8_table();

} // namespace prunedamr::engine
