// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/prune/rl/search.h"
#include "prunedamr/prune/prune_context.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace prunedamr::prune {

/// Values are those of the paper where it gives them.
struct RlOptions {
    rl::SearchConfig search;
    double step = 0.02;           ///< fraction of all filters removed in a step (the authors' code: 0.01), up to 1
    double epsilon = 0.4;         ///< chance of a random choice from the replay buffer at first, 0..1
    double flops_weight = 0.0;    ///< alpha of the reward; the paper also: 0.25
    double params_weight = 0.0;   ///< beta; the paper also: 0.25
    double latency_weight = 0.0;  ///< of the fraction of measured latency that is gone (ours)
    int calibration_frames = 512; ///< of the Taylor score, from the train part
    int reward_frames = 1024;     ///< from the validation part, the same ones all the time
    int distill_every = 5;         ///< steps between distillations (the authors' code: 1); 0: none
    int distill_epochs = 1;
    double distill_temperature = 2.0;
    double label_weight = 0.25; ///< c: fraction of the labels beside the teacher, 0..1
};

/// RL-Pruner (arXiv 2411.06463): a policy says how many filters each layer loses in a step, Taylor scores say which
/// ones. In a step many actions are tried without training, the policy moves toward the best, and one of the best
/// is taken; after every few steps the network recovers by distillation from the original, or from a later one that
/// was better on the validation part. Steps go on until the budget is met; the last one is cut short.
///
/// Q = accuracy + alpha * FLOPs cut + beta * parameter cut + latency weight * latency cut; accuracy on validation
/// frames. Where accuracy falls by more than a tenth in a step, the policy is reset to the widths and the step
/// sampled again.
///
/// Beside `PruneContext::fine_tune.checkpoint` stand "<checkpoint>.search" with the steps taken and "<checkpoint>.<step>"
/// of each distillation: a resumed run repeats neither. Throws `Error` for options out of range, a budget that one
/// filter per layer exceeds, data without the frames, and what `train::fit` refuses.
PruneResult rl_pruner(const PruneContext& context, const RlOptions& options);

} // namespace prunedamr::prune

namespace prunedamr::prune::rl {

/// A recovery on the way, after step `step`; accuracies on the whole validation part, 0..1.
struct Distillation {
    int step = 0; ///< from 1
    double accuracy_before = 0.0;
    double accuracy = 0.0;    ///< of the network that goes on: the better of before and after
    bool new_teacher = false; ///< it is better than the teacher and takes its place
};

/// Everything that a search came to.
struct RlResult {
    std::vector<std::string> layers;
    std::vector<int> widths; ///< filters of each layer of the original
    std::vector<int> kept;   ///< of the result
    double accuracy = 0.0;   ///< of the original on the reward frames
    std::size_t reward_frames = 0;
    std::vector<StepRecord> steps;
    std::vector<graph::Cost> costs; ///< after each step
    std::vector<Distillation> distillations;
};

/// {"layers", "widths", "kept", "reward_frames", "accuracy", "steps": [{"removed" (groups of each layer), "policy",
/// "accuracy", "reward", "value", "exploration", "explored", "reset", "round_values", "macs", "params"}],
/// "distillations": [{"step", "accuracy_before", "accuracy", "new_teacher"}]}
nlohmann::json to_json(const RlResult& result);

std::string to_text(const RlResult& result);

} // namespace prunedamr::prune::rl
