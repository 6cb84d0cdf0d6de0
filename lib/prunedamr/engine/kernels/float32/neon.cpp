// SPDX-License-Identifier: GPL-3.0-or-later
#define PRUNEDAMR_NEON
#define PRUNEDAMR_LANES 4
#define PRUNEDAMR_TILE_POSITIONS_1 12
#define PRUNEDAMR_TILE_POSITIONS_2 8
#define PRUNEDAMR_PEAK_SUMS 24
#include "prunedamr/engine/kernels/float32/kernels.h"

namespace prunedamr::engine {

constexpr Float32Kernels kNeonFloat32 = float32_table("neon");

} // namespace prunedamr::engine
