// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/prune/baselines.h"
#include "prunedamr/prune/catro/catro.h"
#include "prunedamr/prune/consensus/consensus.h"
#include "prunedamr/prune/method.h"
#include "prunedamr/prune/odf2nna/odf2nna.h"
#include "prunedamr/prune/psr/psr.h"
#include "prunedamr/prune/rl/rl.h"

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

} // namespace prunedamr::prune
