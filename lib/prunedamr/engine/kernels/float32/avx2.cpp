// SPDX-License-Identifier: GPL-3.0-or-later
#define PRUNEDAMR_LANES 8
#define PRUNEDAMR_TILE_POSITIONS_1 12
#define PRUNEDAMR_TILE_POSITIONS_2 6
#define PRUNEDAMR_PEAK_SUMS 12
#include "prunedamr/engine/kernels/float32/kernels.h"

namespace prunedamr::engine {

constexpr Float32Kernels kAvx2Float32 = float32_table("avx2");

} // namespace prunedamr::engine
