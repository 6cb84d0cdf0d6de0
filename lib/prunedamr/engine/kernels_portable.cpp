// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/kernels.h"

#define PRUNEDAMR_KERNELS kPortableKernels
#define PRUNEDAMR_KERNELS_NAME "portable"
#define PRUNEDAMR_LANES 4
#define PRUNEDAMR_TILE_POSITIONS_1 12
#define PRUNEDAMR_TILE_POSITIONS_2 6
#include "prunedamr/engine/kernels_body.inc"
