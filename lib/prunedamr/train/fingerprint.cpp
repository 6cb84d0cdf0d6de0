// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/hash.h"
#include "prunedamr/train/checkpoint.h"

namespace prunedamr::train {
namespace {

std::string hash_of(const nlohmann::json& json)
{
    Hash hash;
    hash.add(json.dump());
    return hash.text();
}

std::string hash_of(const Tensors& tensors)
{
    Hash hash;
    for (const auto& [name, tensor] : tensors) {
        hash.add(name);
        hash.add(tensor.shape);
        hash.add(tensor.data);
    }
    return hash.text();
}

std::string hash_of_labels(const data::Dataset& dataset)
{
    Hash hash;
    hash.add(dataset.label);
    hash.add(dataset.part);
    return hash.text();
}

} // namespace

nlohmann::json fingerprint(const graph::Network& network, const data::Dataset& dataset, const FitConfig& config)
{
    nlohmann::json all = to_json(config);
    for (const char* key : { "threads", "device", "processes", "batch" })
        all.erase(key); // where a run is computed may change between its parts
    all["frames of a step"] = config.batch * config.processes.size();
    all.erase("patience"); // changes where a run ends, not how it goes
    if (config.schedule != "cosine")
        all.erase("epochs"); // the rate of a step schedule does not depend on them: a run may be made longer
    all["teacher"] = config.teacher ? hash_of(config.teacher->tensors) : "none";
    all["network nodes"] = hash_of(graph::to_json(network).at("nodes"));
    all["initial weights"] = hash_of(network.tensors);
    all["class names"] = dataset.class_names;
    all["front end"] = to_json(dataset.front_end);
    all["frames in the data set"] = dataset.size();
    all["labels and split"] = hash_of_labels(dataset);
    all["data provenance"] = hash_of(dataset.provenance);
    return all;
}

} // namespace prunedamr::train
