// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/checkpoint.h"

#include <cstdio>

namespace prunedamr::train {
namespace {

/// FNV-1a, 64 bits: tells runs apart, protects against nothing.
class Hash
{
public:
    void add(const void* bytes, std::size_t size)
    {
        const auto* at = static_cast<const unsigned char*>(bytes);
        for (std::size_t i = 0; i < size; ++i)
            state_ = (state_ ^ at[i]) * 0x100000001b3u;
    }

    template <class T> void add(const std::vector<T>& values) { add(values.data(), values.size() * sizeof(T)); }

    std::string text() const
    {
        char digits[17];
        std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(state_));
        return digits;
    }

private:
    std::uint64_t state_ = 0xcbf29ce484222325u;
};

std::string hash_of(const nlohmann::json& json)
{
    const std::string text = json.dump();
    Hash hash;
    hash.add(text.data(), text.size());
    return hash.text();
}

std::string hash_of(const Tensors& tensors)
{
    Hash hash;
    for (const auto& [name, tensor] : tensors) {
        hash.add(name.data(), name.size());
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
    all.erase("threads"); // where a run is computed may change between its parts
    all.erase("device");
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
