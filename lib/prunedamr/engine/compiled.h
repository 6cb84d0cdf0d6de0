// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/engine/arena.h"
#include "prunedamr/engine/isa.h"
#include "prunedamr/engine/plan.h"

#include <memory>
#include <vector>

namespace prunedamr::engine {

/// Where a conv's constants lie, bytes into `Compiled::memory`.
struct StepConstants {
    std::size_t weights = 0, bias = 0, factors = 0, corrections = 0;
};

/// A plan for the native kernels: what engines that were cloned from one another share; never changed once made.
struct Compiled {
    Plan plan;
    const KernelSet* kernels = nullptr;
    std::vector<int> borders;             ///< of each value, positions
    std::vector<std::size_t> offsets;     ///< of each value, bytes into the arena of one chunk
    std::vector<StepConstants> constants; ///< of each step
    std::vector<std::int64_t> macs;       ///< of each step, one frame
    std::unique_ptr<AlignedBytes> memory;
    std::size_t arena_bytes = 0;
    int chunk = 1; ///< frames carried through the network together
    std::int64_t frame_floats = 0;
    std::int64_t classes = 0;
};

/// One channel in, one out per group.
bool is_depthwise(const Plan& plan, const Step& step);

/// Throws `Error` for an unknown PRUNEDAMR_ISA.
std::shared_ptr<const Compiled> compile(const Plan& plan, int max_batch);

} // namespace prunedamr::engine
