// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/engine/kernels.h"

namespace prunedamr::engine {

/// The best kernels that this processor can run, no better than the environment variable
/// PRUNEDAMR_ISA=portable|avx2|avx512|avx512-vnni allows. Throws `Error` for another value of it.
const KernelSet& choose_kernels();

} // namespace prunedamr::engine
