// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/evaluate.h"

#include "prunedamr/base/error.h"
#include "prunedamr/model/model_info.h"
#include "prunedamr/train/runner.h"
#include "prunedamr/train/floors.h"

namespace prunedamr::train {
namespace {

const char* name_of(dataset::Part part)
{
    switch (part) {
    case dataset::Part::train:
        return "train";
    case dataset::Part::validation:
        return "validation";
    case dataset::Part::test:
        break;
    }
    return "test";
}

} // namespace

void check_compatible(const graph::Network& network, const dataset::Dataset& dataset)
{
    const auto check = [](const char* what, std::int64_t found, std::int64_t expected) {
        if (found != expected)
            throw Error({ std::string("data set does not fit the network: ") + what + " differs", "data set",
                          std::to_string(found), std::to_string(expected) });
    };
    check("frame length", dataset.front_end.frame_length, network.length);
    check("number of classes", static_cast<std::int64_t>(dataset.class_names.size()), network.classes());
}

void check_compatible(const model::Model& model, const dataset::Dataset& dataset)
{
    model::check_contract(model.info, dataset.front_end, dataset.class_names, model.info.name);
}

metrics::Scores evaluate(const graph::Network& network, const dataset::Dataset& dataset, dataset::Part part,
                         const std::string& device, int batch)
{
    const std::vector<std::int64_t> indices = dataset.indices(part);
    if (indices.empty())
        throw Error({ "no frames in this part of the data set", name_of(part), "0", "at least 1" });
    check_compatible(network, dataset);
    return metrics::scores_of(metrics::evaluate(module_runner(network, device, batch), dataset, indices));
}

metrics::Scores evaluate(const model::Model& model, const dataset::Dataset& dataset, dataset::Part part,
                         const std::string& device, int batch)
{
    check_compatible(model, dataset);
    return evaluate(model.network, dataset, part, device, batch);
}

void check_floors(const std::vector<Floor>& floors, const dataset::Dataset& dataset,
                  const metrics::Evaluation& validation)
{
    const std::vector<std::int32_t> decided = metrics::decisions(validation.logits);
    const FloorMeter meter(floors, dataset, dataset.indices(dataset::Part::validation));
    check_floors(floors, meter.recalls({ decided.begin(), decided.end() }));
}

metrics::FinishedModel finish_model(model::Model model, const dataset::Dataset& dataset, const FitConfig& config,
                                    double false_rejection)
{
    check_compatible(model, dataset);
    const metrics::Runner runner = module_runner(model.network, config.device);
    const auto validation = metrics::evaluate(runner, dataset, dataset.indices(dataset::Part::validation));
    check_floors(config.floors, dataset, validation);
    return metrics::finish_model(std::move(model), validation,
                                 metrics::evaluate(runner, dataset, dataset.indices(dataset::Part::test)),
                                 false_rejection);
}

} // namespace prunedamr::train
