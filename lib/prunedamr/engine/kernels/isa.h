// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/engine/kernels/kernels.h"

#include <string>
#include <vector>

namespace prunedamr::engine {

/// The values of PRUNEDAMR_ISA on this architecture, lowest first.
std::vector<std::string> instruction_sets();

/// The best kernels that this processor can run, no better than the environment variable PRUNEDAMR_ISA allows.
/// Throws `Error` if that is not one of `instruction_sets`.
const KernelSet& choose_kernels();

} // namespace prunedamr::engine
