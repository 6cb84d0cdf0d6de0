// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/rl/distill.h"

#include "prunedamr/train/evaluate.h"

namespace prunedamr::prune::rl {

Distiller::Distiller(const Task& task, const RlOptions& options)
    : task_(task), options_(options), teacher_(std::make_shared<const graph::Network>(task.network)),
      teacher_accuracy_(options.distill_every > 0 ? validation_accuracy(task.network) : 0.0)
{
}

double Distiller::validation_accuracy(const graph::Network& network) const
{
    return train::evaluate(network, task_.dataset, dataset::Part::validation, task_.fine_tune.device).accuracy();
}

train::FitConfig Distiller::config(int step) const
{
    train::FitConfig config = task_.fine_tune;
    config.epochs = options_.distill_epochs;
    config.schedule = "cosine";
    config.warmup_epochs = 0;
    config.patience = 0;
    config.floors.clear(); // those are of the final result
    config.teacher = teacher_;
    config.distill.weight = 1.0 - options_.label_weight;
    config.distill.temperature = options_.distill_temperature;
    config.title = "rl, distillation after step " + std::to_string(step);
    if (!config.checkpoint.empty())
        config.checkpoint += "." + std::to_string(step);
    return config;
}

std::optional<Distillation> Distiller::recover(graph::Network& network, int step)
{
    train::FitResult fitted = train::fit(network, task_.dataset, config(step));
    if (fitted.interrupted)
        return std::nullopt;
    Distillation result;
    result.step = step;
    result.accuracy_before = validation_accuracy(network);
    result.accuracy = validation_accuracy(fitted.network);
    if (result.accuracy > result.accuracy_before)
        network = std::move(fitted.network);
    else
        result.accuracy = result.accuracy_before;
    if (result.accuracy > teacher_accuracy_) {
        teacher_ = std::make_shared<const graph::Network>(network);
        teacher_accuracy_ = result.accuracy;
        result.new_teacher = true;
    }
    return result;
}

} // namespace prunedamr::prune::rl
