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

std::string percent(double share)
{
    return fmt::format("{:.4g}%", 100 * share);
}

bool counts(const Floor& floor, float snr_db)
{
    if (!floor.snr_db)
        return true;
    const std::optional<int> cell = dataset::cell_snr_db(snr_db);
    return cell && *cell >= *floor.snr_db;
}

} // namespace

Floor parse_floor(const std::string& text)
{
    const Error fault({ "not a floor", "floor", text, "CLASS=PERCENT% or CLASS=PERCENT%@SNRdB, as BPSK=95%@10dB" });
    const std::size_t equals = text.rfind('=');
    if (equals == std::string::npos || equals == 0)
        throw fault;
    Floor floor;
    floor.class_name = text.substr(0, equals);
    std::string share = text.substr(equals + 1);
    if (const std::size_t at = share.find('@'); at != std::string::npos) {
        floor.snr_db = number_in(without_unit(share.substr(at + 1), "dB"));
        if (!std::isfinite(*floor.snr_db))
            throw fault;
        share.resize(at);
    }
    floor.recall = number_in(without_unit(share, "%")) / 100.0;
    if (!(floor.recall > 0.0 && floor.recall <= 1.0))
        throw fault;
    return floor;
}

std::string to_text(const Floor& floor)
{
    std::string text = floor.class_name + "=" + percent(floor.recall);
    if (floor.snr_db)
        text += fmt::format("@{:.10g}dB", *floor.snr_db);
    return text;
}

FloorMeter::FloorMeter(const std::vector<Floor>& floors, const dataset::Dataset& dataset,
                       const std::vector<std::int64_t>& indices)
{
    for (const Floor& floor : floors) {
        const auto& names = dataset.class_names;
        const auto at = std::find(names.begin(), names.end(), floor.class_name);
        if (at == names.end())
            throw Error({ "floor of a class that the data set lacks", to_text(floor), floor.class_name, "" });
        Counted counted{ at - names.begin(), {} };
        for (std::size_t i = 0; i < indices.size(); ++i) {
            const auto frame = static_cast<std::size_t>(indices[i]);
            if (dataset.label[frame] == counted.label && counts(floor, dataset.snr_db[frame]))
                counted.frames.push_back(i);
        }
        if (counted.frames.empty())
            throw Error({ "no validation frames to measure the floor on", to_text(floor), "0", "at least 1" });
        counted_.push_back(std::move(counted));
    }
}

std::vector<double> FloorMeter::recalls(const std::vector<std::int64_t>& predicted) const
{
    std::vector<double> shares;
    for (const Counted& counted : counted_) {
        const auto right = std::count_if(counted.frames.begin(), counted.frames.end(),
                                         [&](std::size_t i) { return predicted[i] == counted.label; });
        shares.push_back(static_cast<double>(right) / static_cast<double>(counted.frames.size()));
    }
    return shares;
}

double shortfall(const std::vector<Floor>& floors, const std::vector<double>& recalls)
{
    double sum = 0.0;
    for (std::size_t i = 0; i < floors.size(); ++i)
        sum += std::max(0.0, floors[i].recall - recalls[i]);
    return sum;
}

std::vector<double> class_weights(const std::vector<Floor>& floors, const std::vector<std::string>& class_names,
                                  const std::vector<std::vector<double>>& recalls)
{
    constexpr double kGrowth = 1.25, kMost = 20.0;
    std::vector<double> weights;
    for (const std::string& name : class_names) {
        double weight = 1.0;
        for (const std::vector<double>& epoch : recalls) {
            bool below = false;
            for (std::size_t i = 0; i < floors.size(); ++i)
                below = below || (floors[i].class_name == name && epoch[i] < floors[i].recall);
            weight = below ? std::min(kMost, kGrowth * weight) : weight;
        }
        weights.push_back(weight);
    }
    return weights;
}

void check_floors(const std::vector<Floor>& floors, const std::vector<double>& recalls)
{
    for (std::size_t i = 0; i < floors.size(); ++i)
        if (recalls[i] < floors[i].recall)
            throw Error({ "recognized on validation data less often than its floor asks", floors[i].class_name,
                          percent(recalls[i]), to_text(floors[i]) });
}

Validation::Validation(const dataset::Dataset& dataset, const FitConfig& config, const at::Device& device)
    : dataset_(dataset), config_(config), device_(device), indices_(dataset.indices(dataset::Part::validation)),
      floors_(config.floors, dataset, indices_)
{
}

void Validation::measure(nn::GraphModule& module, Epoch& epoch) const
{
    if (empty())
        return;
    const Share share = share_of(indices_.size(), config_.processes);
    const at::Tensor best = at::zeros({ static_cast<std::int64_t>(indices_.size()) }, at::kLong);
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
