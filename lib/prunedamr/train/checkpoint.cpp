// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/checkpoint.h"

#include "prunedamr/base/checksum.h"
#include "prunedamr/base/error.h"
#include "prunedamr/base/json_object.h"
#include "prunedamr/base/safetensors.h"
#include "prunedamr/dsp/front_end_spec_json.h"
#include "prunedamr/graph/network_json.h"
#include "prunedamr/train/settings.h"

#include <cstring>

namespace prunedamr::train {
namespace {

constexpr int kCheckpointFormat = 2;
constexpr const char* kMetadataKey = "prunedamr_checkpoint";
const std::string kWeights = "weights/";
const std::string kBest = "best/";
const std::string kAverage = "average/";
const std::string kOptimizer = "optimizer";

safetensors::View view_of(const graph::Tensor& tensor)
{
    return { safetensors::Dtype::f32, tensor.shape, reinterpret_cast<const std::byte*>(tensor.data.data()),
             tensor.data.size() * sizeof(float) };
}

Tensors tensors_under(const safetensors::File& file, const std::string& prefix)
{
    Tensors tensors;
    for (const auto& [name, view] : file.tensors()) {
        if (name.rfind(prefix, 0) != 0)
            continue;
        const safetensors::View& checked = file.at(name, safetensors::Dtype::f32);
        graph::Tensor& tensor = tensors[name.substr(prefix.size())];
        tensor.shape = checked.shape;
        tensor.data = file.values<float>(checked);
    }
    return tensors;
}

std::vector<Epoch> epochs_from_json(const nlohmann::json& rows, const std::string& where)
{
    std::vector<Epoch> epochs;
    for (const nlohmann::json& row : rows) {
        Epoch epoch;
        epoch.number = JsonObject(row, where).int32("epoch");
        epoch.train_loss = row.at("train_loss").get<double>();
        epoch.train_accuracy = row.at("train_accuracy").get<double>();
        epoch.validation_accuracy = row.at("validation_accuracy").get<double>();
        epoch.validation_cost = row.at("validation_cost").get<double>();
        epoch.recalls = row.at("recalls").get<std::vector<double>>();
        epoch.learning_rate = row.at("learning_rate").get<double>();
        epoch.seconds = row.at("seconds").get<double>();
        epochs.push_back(epoch);
    }
    return epochs;
}

nlohmann::json to_json(const Position& position)
{
    return { { "shard", position.shard },     { "batches", position.batches }, { "frames", position.frames },
             { "labeled", position.labeled }, { "right", position.right },     { "loss", position.loss },
             { "seconds", position.seconds } };
}

Position position_from_json(const nlohmann::json& json, const std::string& where)
{
    JsonObject fields(json, where);
    Position position;
    position.shard = fields.int32("shard");
    position.batches = fields.integer("batches");
    position.frames = fields.integer("frames");
    position.labeled = fields.integer("labeled");
    position.right = fields.integer("right");
    position.loss = json.at("loss").get<double>();
    position.seconds = json.at("seconds").get<double>();
    return position;
}

void check_same_run(const nlohmann::json& found, const nlohmann::json& expected, const std::string& path)
{
    for (const auto& [key, value] : expected.items()) {
        const nlohmann::json stored = found.value(key, nlohmann::json());
        if (stored != value)
            throw Error({ "checkpoint of another run: " + key + " differs", path, stored.dump(), value.dump() });
    }
}

nlohmann::json metadata_of(const safetensors::File& file, const std::string& path)
{
    const auto found = file.metadata().find(kMetadataKey);
    if (found == file.metadata().end())
        throw Error({ "not a training checkpoint", path, "", "" });
    const nlohmann::json metadata = nlohmann::json::parse(found->second);
    const int format = JsonObject(metadata, path).int32("format");
    if (format != kCheckpointFormat)
        throw Error(
            { "unknown checkpoint format", path, std::to_string(format), std::to_string(kCheckpointFormat) });
    return metadata;
}

} // namespace

nlohmann::json to_json(const std::vector<Epoch>& epochs)
{
    nlohmann::json rows = nlohmann::json::array();
    for (const Epoch& epoch : epochs)
        rows.push_back({ { "epoch", epoch.number },
                         { "train_loss", epoch.train_loss },
                         { "train_accuracy", epoch.train_accuracy },
                         { "validation_accuracy", epoch.validation_accuracy },
                         { "validation_cost", epoch.validation_cost },
                         { "recalls", epoch.recalls },
                         { "learning_rate", epoch.learning_rate },
                         { "seconds", epoch.seconds } });
    return rows;
}

void write_checkpoint(const Checkpoint& checkpoint, const std::string& path)
{
    std::map<std::string, safetensors::View> views;
    for (const auto& [name, tensor] : checkpoint.weights)
        views[kWeights + name] = view_of(tensor);
    for (const auto& [name, tensor] : checkpoint.best)
        views[kBest + name] = view_of(tensor);
    for (const auto& [name, tensor] : checkpoint.average)
        views[kAverage + name] = view_of(tensor);
    views[kOptimizer] = { safetensors::Dtype::u8,
                          { static_cast<std::int64_t>(checkpoint.optimizer.size()) },
                          reinterpret_cast<const std::byte*>(checkpoint.optimizer.data()),
                          checkpoint.optimizer.size() };
    const nlohmann::json metadata = { { "format", kCheckpointFormat },
                                      { "fingerprint", checkpoint.fingerprint },
                                      { "epochs", to_json(checkpoint.epochs) },
                                      { "position", to_json(checkpoint.position) },
                                      { "averaged_steps", checkpoint.averaged_steps },
                                      { "best_epoch", checkpoint.best_epoch },
                                      { "best_validation_accuracy", checkpoint.best_validation_accuracy } };
    safetensors::write(path, views, { { kMetadataKey, metadata.dump() } });
}

Checkpoint read_checkpoint(const std::string& path, const nlohmann::json& expected)
{
    const safetensors::File file(path);
    Checkpoint checkpoint;
    try {
        const nlohmann::json metadata = metadata_of(file, path);
        checkpoint.fingerprint = metadata.at("fingerprint");
        check_same_run(checkpoint.fingerprint, expected, path);
        JsonObject fields(metadata, path);
        checkpoint.epochs = epochs_from_json(fields.list("epochs"), path);
        if (metadata.contains("position")) // else between two epochs
            checkpoint.position = position_from_json(metadata.at("position"), path);
        checkpoint.averaged_steps = fields.integer("averaged_steps");
        checkpoint.best_epoch = fields.int32("best_epoch");
        checkpoint.best_validation_accuracy = metadata.at("best_validation_accuracy").get<double>();
    } catch (const nlohmann::json::exception& fault) {
        throw Error({ "damaged checkpoint", path, fault.what(), "" });
    }
    checkpoint.weights = tensors_under(file, kWeights);
    checkpoint.best = tensors_under(file, kBest);
    checkpoint.average = tensors_under(file, kAverage);
    const safetensors::View& optimizer = file.at(kOptimizer, safetensors::Dtype::u8);
    checkpoint.optimizer.resize(optimizer.size_bytes);
    file.read(optimizer, 0, optimizer.size_bytes, checkpoint.optimizer.data());
    file.check_unchanged();
    return checkpoint;
}

namespace {

std::string hash_of(const nlohmann::json& json)
{
    Fnv1a64 hash;
    hash.add(json.dump());
    return hash.text();
}

std::string hash_of(const Tensors& tensors)
{
    Fnv1a64 hash;
    for (const auto& [name, tensor] : tensors) {
        hash.add(name);
        hash.add(tensor.shape);
        hash.add(tensor.data);
    }
    return hash.text();
}

std::string hash_of_labels(const dataset::Dataset& dataset)
{
    Fnv1a64 hash;
    hash.add(dataset.label);
    hash.add(dataset.part);
    return hash.text();
}

} // namespace

nlohmann::json fingerprint(const graph::Network& network, const dataset::Dataset& dataset, const FitConfig& config)
{
    nlohmann::json all = to_json(config);
    for (const char* key : { "threads", "device", "processes", "batch", "checkpoint_minutes" })
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
    all["data provenance"] = hash_of(nlohmann::json::parse(dataset.provenance));
    return all;
}

} // namespace prunedamr::train
