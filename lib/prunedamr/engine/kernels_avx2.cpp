// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/kernels.h"

#include <immintrin.h>

#define PRUNEDAMR_KERNELS kAvx2Kernels
#define PRUNEDAMR_KERNELS_NAME "avx2"
#define PRUNEDAMR_LANES 8
#define PRUNEDAMR_TILE_POSITIONS_1 12
#define PRUNEDAMR_TILE_POSITIONS_2 6
#include "prunedamr/engine/kernels_body.inc"
