// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/kernels/int8/avx2.h"

#include "prunedamr/engine/kernels/int8/depthwise_words.h"
#include "prunedamr/engine/kernels/int8/kernels.h"

namespace prunedamr::engine {

constexpr Int8Kernels kAvx2Int8 = int8_table();

} // namespace prunedamr::engine
