// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/prune/baselines.h"
#include "prunedamr/prune/catro/catro.h"
#include "prunedamr/prune/consensus/consensus.h"
#include "prunedamr/prune/method.h"
#include "prunedamr/prune/odf2nna/odf2nna.h"
#include "prunedamr/prune/psr/psr.h"
#include "prunedamr/prune/rl/rl.h"

#include <string>
#include <vector>

namespace prunedamr::prune {

/// Options of all methods; each reads its own.
struct MethodOptions {
    PsrConfig psr;
    OdfOptions odf2nna;
    CatroOptions catro;
    BaselineOptions baseline;
    RlOptions rl;
    ConsensusConfig consensus;
};

/// One row for each method that `compress` offers.
struct Method {
    const char* name;
    const char* description; ///< one line for help texts
    Outcome (*run)(const Task& task, const MethodOptions& options);
    /// True when the options say how small the result is, so that no budget is needed; null: never.
    bool (*chooses_alone)(const MethodOptions& options) = nullptr;
};
const std::vector<Method>& methods();

/// Throws `Error` listing the known names.
const Method& method_named(const std::string& name);

} // namespace prunedamr::prune
