// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/validation.h"

#include "prunedamr/metrics/scores.h"
#include "prunedamr/train/batches.h"
#include "prunedamr/train/data_parallel.h"

namespace prunedamr::train {

Validation::Validation(const dataset::Dataset& dataset, const FitConfig& config, const torch::Device& device)
    : dataset_(dataset), config_(config), device_(device), indices_(dataset.indices(dataset::Part::validation)),
      floors_(config.floors, dataset, indices_)
{
}

void Validation::measure(nn::GraphModule& module, Epoch& epoch) const
{
    if (empty())
        return;
    const Share share = share_of(indices_.size(), config_.processes);
    const torch::Tensor best = torch::zeros({ static_cast<std::int64_t>(indices_.size()) }, torch::kInt64);
    best.narrow(0, static_cast<std::int64_t>(share.first), static_cast<std::int64_t>(share.count))
        .copy_(infer(module, dataset_, own_of(indices_, config_.processes), device_, 2 * config_.batch).argmax(1));
    config_.processes.sum({ best }); // each has zeros where the others have their frames
    const std::vector<std::int64_t> predicted(best.data_ptr<std::int64_t>(),
                                              best.data_ptr<std::int64_t>() + best.numel());
    metrics::Scores scores(dataset_.class_names);
    for (std::size_t i = 0; i < indices_.size(); ++i) {
        const auto frame = static_cast<std::size_t>(indices_[i]);
        scores.add(dataset_.label[frame], static_cast<std::int32_t>(predicted[i]), dataset_.snr_db[frame]);
    }
    epoch.validation_accuracy = scores.accuracy();
    epoch.validation_cost = config_.cost.mean(scores);
    epoch.recalls = floors_.recalls(predicted);
}

bool Validation::better(const Epoch& epoch, const Epoch& than) const
{
    const double missing = shortfall(config_.floors, epoch.recalls);
    const double missing_than = shortfall(config_.floors, than.recalls);
    if (missing != missing_than)
        return missing < missing_than;
    if (!config_.cost.empty())
        return epoch.validation_cost < than.validation_cost;
    return epoch.validation_accuracy > than.validation_accuracy;
}

} // namespace prunedamr::train
