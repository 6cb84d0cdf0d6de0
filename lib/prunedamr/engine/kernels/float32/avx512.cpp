// SPDX-License-Identifier: GPL-3.0-or-later
#define PRUNEDAMR_LANES 16
#define PRUNEDAMR_TILE_POSITIONS_1 14
#define PRUNEDAMR_TILE_POSITIONS_2 12
#define PRUNEDAMR_PEAK_SUMS 12
#include "prunedamr/engine/kernels/float32/kernels.h"

namespace prunedamr::engine {

constexpr Float32Kernels kAvx512Float32 = float32_table("avx512");

} // namespace prunedamr::engine
