// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/prune/rl/rl.h"
#include "prunedamr/prune/task.h"

#include <memory>
#include <optional>

namespace prunedamr::prune::rl {

/// Recovers thinned networks: (1 - c) T^2 KL(teacher || student at temperature T) + c cross-entropy, the rate
/// falling by a cosine. The teacher is the original until a student is better than it on the validation part.
class Distiller
{
public:
    Distiller(const Task& task, const RlOptions& options);

    bool due(int step) const { return options_.distill_every > 0 && step % options_.distill_every == 0; }

    /// Trains `network` and leaves in it the weights of higher validation accuracy. Nothing when it was
    /// interrupted: the step's checkpoint holds the state, and `network` is as it was.
    std::optional<Distillation> recover(graph::Network& network, int step);

private:
    train::FitConfig config(int step) const;
    double validation_accuracy(const graph::Network& network) const;

    const Task& task_;
    const RlOptions& options_;
    std::shared_ptr<const graph::Network> teacher_;
    double teacher_accuracy_ = 0.0;
};

} // namespace prunedamr::prune::rl
