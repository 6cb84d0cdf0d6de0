// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/psr/scores/scores.h"

#include "prunedamr/base/error.h"
#include "prunedamr/prune/psr/scores/fisher.h"
#include "prunedamr/prune/psr/scores/grad_norm.h"
#include "prunedamr/prune/psr/scores/jacov.h"
#include "prunedamr/prune/psr/scores/naswot.h"
#include "prunedamr/prune/psr/scores/snip.h"
#include "prunedamr/prune/psr/synflow.h"

namespace prunedamr::prune {
namespace {

constexpr int kPaperBatch = 128;
constexpr int kRunBatch = 2; // ranks as 128 does, 64 times faster

double synflow(const graph::Network& network, const train::Batch&, const std::string& device)
{
    return synflow_score(network, kRunBatch, device) * (kPaperBatch / kRunBatch);
}

} // namespace

const std::vector<TrainingFreeScore>& training_free_scores()
{
    static const std::vector<TrainingFreeScore> list = {
        { "synflow", "flow of ones through absolute weights; smallest", false, false, synflow },
        { "grad_norm", "norm of the loss gradient; largest", true, true, grad_norm_score },
        { "snip", "weight times loss gradient; largest", true, true, snip_score },
        { "fisher", "squared activation times loss gradient; largest", true, true, fisher_score },
        { "naswot", "how differently frames switch the ReLUs; largest", true, true, naswot_score },
        { "jacov", "how little the input gradients of frames correlate; largest", true, true, jacov_score },
    };
    return list;
}

const TrainingFreeScore& training_free_score(const std::string& name)
{
    std::string known;
    for (const TrainingFreeScore& score : training_free_scores()) {
        if (name == score.name)
            return score;
        known += (known.empty() ? "" : ", ") + std::string(score.name);
    }
    throw Error{ { "unknown score", "", name, known } };
}

} // namespace prunedamr::prune
