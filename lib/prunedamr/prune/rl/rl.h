// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/prune/method.h"
#include "prunedamr/prune/rl/search.h"

namespace prunedamr::prune {

/// Values are those of the paper where it gives them.
struct RlOptions {
    rl::SearchConfig search;
    double step = 0.02;           ///< share of all filters removed in a step (the authors' code: 0.01), up to 1
    double epsilon = 0.4;         ///< chance of a random choice from the replay buffer at first, 0..1
    double flops_weight = 0.0;    ///< alpha of the reward; the paper also: 0.25
    double params_weight = 0.0;   ///< beta; the paper also: 0.25
    double latency_weight = 0.0;  ///< of the share of measured latency that is gone (ours)
    int calibration_frames = 512; ///< of the Taylor score, from the train part
    int reward_frames = 1024;     ///< from the validation part, the same ones all the time
    int distil_every = 5;         ///< steps between distillations (the authors' code: 1); 0: none
    int distil_epochs = 1;
    double distil_temperature = 2.0;
    double label_weight = 0.25; ///< c: share of the labels beside the teacher, 0..1
};

/// RL-Pruner (arXiv 2411.06463): a policy says how many filters each layer loses in a step, Taylor scores say which
/// ones. In a step many actions are tried without training, the policy moves towards the best, and one of the best
/// is taken; after every few steps the network recovers by distillation from the original, or from a later one that
/// was better on the validation part. Steps go on until the budget is met; the last one is cut short.
///
/// Q = accuracy + alpha * FLOPs cut + beta * parameter cut + latency weight * latency cut; accuracy on validation
/// frames. Where accuracy falls by more than a tenth in a step, the policy is reset to the widths and the step
/// sampled again.
///
/// Beside `Task::fine_tune.checkpoint` stand "<checkpoint>.search" with the steps taken and "<checkpoint>.<step>"
/// of each distillation: a resumed run repeats neither. Throws `Error` for options out of range, a budget that one
/// filter per layer exceeds, data without the frames, and what `train::fit` refuses.
Outcome rl_pruner(const Task& task, const RlOptions& options);

} // namespace prunedamr::prune
