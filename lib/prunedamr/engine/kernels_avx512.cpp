// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/kernels.h"

#include <immintrin.h>

#define PRUNEDAMR_KERNELS kAvx512Kernels
#define PRUNEDAMR_KERNELS_NAME "avx512"
#define PRUNEDAMR_LANES 16
#define PRUNEDAMR_TILE_POSITIONS_1 14
#define PRUNEDAMR_TILE_POSITIONS_2 12
#include "prunedamr/engine/kernels_body.inc"
