// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/kernels.h"

#include <arm_neon.h>

#define PRUNEDAMR_NEON
#define PRUNEDAMR_KERNELS kNeonKernels
#define PRUNEDAMR_KERNELS_NAME "neon"
#define PRUNEDAMR_LANES 4
#define PRUNEDAMR_TILE_POSITIONS_1 12
#define PRUNEDAMR_TILE_POSITIONS_2 8
#define PRUNEDAMR_PEAK_SUMS 24
#include "prunedamr/engine/kernels_body.inc"
