// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/validation.h"

#include "prunedamr/base/error.h"
#include "prunedamr/metrics/scores.h"
#include "prunedamr/train/batches.h"
#include "prunedamr/train/data_parallel.h"
#include "prunedamr/train/settings.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace prunedamr::train {
namespace {

std::string percent(double fraction)
{
    return fmt::format("{:.4g}%", 100 * fraction);
}

bool counts(const RecallConstraint& constraint, float snr_db)
{
    if (!constraint.snr_db)
        return true;
    const std::optional<int> cell = dataset::cell_snr_db(snr_db);
    return cell && *cell >= *constraint.snr_db;
}

} // namespace

RecallConstraint parse_recall_constraint(const std::string& text)
{
    const Error fault({ "not a recall constraint", "min recall", text, "CLASS=PERCENT% or CLASS=PERCENT%@SNRdB, as BPSK=95%@10dB" });
    const std::size_t equals = text.rfind('=');
    if (equals == std::string::npos || equals == 0)
        throw fault;
    RecallConstraint constraint;
    constraint.class_name = text.substr(0, equals);
    std::string fraction = text.substr(equals + 1);
    if (const std::size_t at = fraction.find('@'); at != std::string::npos) {
        constraint.snr_db = number_in(without_unit(fraction.substr(at + 1), "dB"));
        if (!std::isfinite(*constraint.snr_db))
            throw fault;
        fraction.resize(at);
    }
    constraint.recall = number_in(without_unit(fraction, "%")) / 100.0;
    if (!(constraint.recall > 0.0 && constraint.recall <= 1.0))
        throw fault;
    return constraint;
}

std::string to_text(const RecallConstraint& constraint)
{
    std::string text = constraint.class_name + "=" + percent(constraint.recall);
    if (constraint.snr_db)
        text += fmt::format("@{:.10g}dB", *constraint.snr_db);
    return text;
}

RecallMeter::RecallMeter(const std::vector<RecallConstraint>& recall_constraints, const dataset::Dataset& dataset,
                       const std::vector<std::int64_t>& indices)
{
    for (const RecallConstraint& constraint : recall_constraints) {
        const auto& names = dataset.class_names;
        const auto at = std::find(names.begin(), names.end(), constraint.class_name);
        if (at == names.end())
            throw Error({ "recall constraint on a class that the data set lacks", to_text(constraint), constraint.class_name, "" });
        Counted counted{ at - names.begin(), {} };
        for (std::size_t i = 0; i < indices.size(); ++i) {
            const auto frame = static_cast<std::size_t>(indices[i]);
            if (dataset.label[frame] == counted.label && counts(constraint, dataset.snr_db[frame]))
                counted.frames.push_back(i);
        }
        if (counted.frames.empty())
            throw Error({ "no validation frames to measure recall on", to_text(constraint), "0", "at least 1" });
        counted_.push_back(std::move(counted));
    }
}

std::vector<double> RecallMeter::recalls(const std::vector<std::int64_t>& predicted) const
{
    std::vector<double> recalls;
    for (const Counted& counted : counted_) {
        const auto right = std::count_if(counted.frames.begin(), counted.frames.end(),
                                         [&](std::size_t i) { return predicted[i] == counted.label; });
        recalls.push_back(static_cast<double>(right) / static_cast<double>(counted.frames.size()));
    }
    return recalls;
}

double missing_recall(const std::vector<RecallConstraint>& recall_constraints, const std::vector<double>& recalls)
{
    double sum = 0.0;
    for (std::size_t i = 0; i < recall_constraints.size(); ++i)
        sum += std::max(0.0, recall_constraints[i].recall - recalls[i]);
    return sum;
}

std::vector<double> class_weights(const std::vector<RecallConstraint>& recall_constraints, const std::vector<std::string>& class_names,
                                  const std::vector<std::vector<double>>& recalls)
{
    constexpr double kGrowth = 1.25, kMax = 20.0;
    std::vector<double> weights;
    for (const std::string& name : class_names) {
        double weight = 1.0;
        for (const std::vector<double>& epoch : recalls) {
            bool below = false;
            for (std::size_t i = 0; i < recall_constraints.size(); ++i)
                below = below || (recall_constraints[i].class_name == name && epoch[i] < recall_constraints[i].recall);
            weight = below ? std::min(kMax, kGrowth * weight) : weight;
        }
        weights.push_back(weight);
    }
    return weights;
}

void check_recall_constraints(const std::vector<RecallConstraint>& recall_constraints, const std::vector<double>& recalls)
{
    for (std::size_t i = 0; i < recall_constraints.size(); ++i)
        if (recalls[i] < recall_constraints[i].recall)
            throw Error({ "recall on validation data is too low", recall_constraints[i].class_name,
                          percent(recalls[i]), to_text(recall_constraints[i]) });
}

Validation::Validation(const dataset::Dataset& dataset, const FitConfig& config, const at::Device& device)
    : dataset_(dataset), config_(config), device_(device), indices_(dataset.indices(dataset::Split::validation)),
      recall_meter_(config.recall_constraints, dataset, indices_)
{
}

void Validation::measure(nn::GraphModule& module, Epoch& epoch) const
{
    if (empty())
        return;
    const Slice slice = slice_of(indices_.size(), config_.processes);
    const at::Tensor best = at::zeros({ static_cast<std::int64_t>(indices_.size()) }, at::kLong);
    best.narrow(0, static_cast<std::int64_t>(slice.first), static_cast<std::int64_t>(slice.count))
        .copy_(infer(module, dataset_, own_indices(indices_, config_.processes), device_, 2 * config_.batch).argmax(1));
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
    epoch.recalls = recall_meter_.recalls(predicted);
}

bool Validation::better(const Epoch& epoch, const Epoch& than) const
{
    const double missing = missing_recall(config_.recall_constraints, epoch.recalls);
    const double missing_than = missing_recall(config_.recall_constraints, than.recalls);
    if (missing != missing_than)
        return missing < missing_than;
    if (!config_.cost.empty())
        return epoch.validation_cost < than.validation_cost;
    return epoch.validation_accuracy > than.validation_accuracy;
}

} // namespace prunedamr::train
