// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/model/model_file.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/json_object.h"
#include "prunedamr/base/safetensors.h"
#include "prunedamr/graph/cost.h"
#include "prunedamr/graph/network_json.h"
#include "prunedamr/graph/reference.h"
#include "prunedamr/model/model_json.h"


namespace prunedamr::model {
namespace {

namespace st = safetensors;

constexpr const char* kMetadataKey = "prunedamr";
constexpr const char* kGoldenInput = "golden.input";
constexpr const char* kGoldenLogits = "golden.logits";

// What a file may ask of its reader: a described network must not stall or exhaust a small computer.
constexpr int kMaxDepth = 32;
constexpr std::size_t kMaxTensorBytes = std::size_t{ 1 } << 30;
constexpr std::int64_t kMaxActivationBytes = std::int64_t{ 1 } << 30;
constexpr std::int64_t kMaxReplayWork = 2'000'000'000;

std::string to_text(const std::vector<std::int64_t>& shape)
{
    return nlohmann::json(shape).dump();
}

st::View view_of(const std::vector<float>& values, std::vector<std::int64_t> shape)
{
    return { st::Dtype::f32, std::move(shape), reinterpret_cast<const std::byte*>(values.data()),
             values.size() * sizeof(float) };
}

nlohmann::json parse_metadata(const std::string& text)
{
    try {
        return nlohmann::json::parse(text, [](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
            if (depth > kMaxDepth)
                throw Error({ "graph description is nested too deeply", "",
                              "more than " + std::to_string(kMaxDepth) + " levels", "" });
            return true;
        });
    } catch (const nlohmann::json::exception& e) {
        throw Error({ "graph description is not JSON", "", e.what(), "" });
    }
}

/// The model without tensors.
Model described_model(const st::File& file)
{
    const auto found = file.metadata().find(kMetadataKey);
    if (found == file.metadata().end())
        throw Error({ "not a model of this project", "", "", std::string("metadata key '") + kMetadataKey + "'" });
    const nlohmann::json json = parse_metadata(found->second);
    const std::int64_t format = JsonObject(json, "graph description").integer("format");
    if (format < 1 || format > kModelFormat)
        throw Error({ format < 1 ? "bad format version" : "model file is of a newer format", "",
                      "format " + std::to_string(format), "at most format " + std::to_string(kModelFormat) });
    const std::string where = "graph description";
    JsonObject fields(json, where);
    fields.integer("format");
    Model model;
    model.info = model_info_from_json(fields, where);
    model.network = graph::network_from_json(fields, model.info.front_end.frame_length, where);
    fields.finish();
    return model;
}

/// Name and shape of every tensor that the file must hold.
std::map<std::string, std::vector<std::int64_t>> declared_tensors(const Model& model)
{
    const auto shapes = graph::infer_shapes(model.network);
    std::map<std::string, std::vector<std::int64_t>> declared = {
        { kGoldenInput, { 2, model.network.length } },
        { kGoldenLogits, { static_cast<std::int64_t>(model.info.labels.size()) } }
    };
    for (const graph::Node& node : model.network.nodes) {
        std::vector<graph::Shape> inputs;
        for (const std::string& input : node.inputs)
            inputs.push_back(shapes.at(input));
        declared.merge(graph::expected_tensors(node, inputs));
    }
    return declared;
}

/// Compares what is declared with what is there, before anything is allocated.
void check_tensors(const st::File& file, const std::map<std::string, std::vector<std::int64_t>>& declared)
{
    std::size_t bytes = 0;
    for (const auto& [name, shape] : declared) {
        const st::View& view = file.at(name, st::Dtype::f32);
        if (view.shape != shape)
            throw Error({ "wrong shape", "tensor '" + name + "'", to_text(view.shape), to_text(shape) });
        bytes += view.size_bytes;
    }
    for (const auto& [name, view] : file.tensors())
        if (!declared.count(name))
            throw Error({ "stray tensor: no node uses it", "tensor '" + name + "'", "", "" });
    if (bytes > kMaxTensorBytes)
        throw Error({ "model is too large", "", std::to_string(bytes) + " bytes",
                      "at most " + std::to_string(kMaxTensorBytes) });
}

void check_replay_cost(const graph::Network& network)
{
    const auto costs = graph::cost_by_node(network);
    std::int64_t work = 0;
    for (std::size_t i = 0; i < costs.size(); ++i) {
        const graph::Node& node = network.nodes[i];
        const bool pool = node.op == graph::Op::max_pool || node.op == graph::Op::avg_pool;
        const std::int64_t reads = pool ? std::int64_t{ node.window.kernel_h } * node.window.kernel_w
                                        : static_cast<std::int64_t>(node.inputs.size());
        work += costs[i].cost.macs + reads * costs[i].output.count();
    }
    if (work > kMaxReplayWork)
        throw Error({ "network is too large to check", "", std::to_string(work) + " operations per frame",
                      "at most " + std::to_string(kMaxReplayWork) });
    const std::int64_t activations = graph::cost(network).peak_activation_bytes;
    if (activations > kMaxActivationBytes)
        throw Error({ "network is too large to check", "", std::to_string(activations) + " bytes of activations",
                      "at most " + std::to_string(kMaxActivationBytes) });
}

void replay_golden(const Model& model)
{
    const double error =
        graph::relative_error(model.golden.logits, graph::run_reference(model.network, model.golden.input));
    if (!(error <= kGoldenTolerance))
        throw Error({ "self-check failed: the model does not reproduce its golden vector", "",
                      "relative error " + nlohmann::json(error).dump(),
                      "at most " + nlohmann::json(kGoldenTolerance).dump() });
}

Model read_model(const std::string& path)
{
    const st::File file(path);
    Model model = described_model(file);
    const auto declared = declared_tensors(model);
    check_tensors(file, declared);
    for (const auto& [name, shape] : declared) {
        std::vector<float> values = file.values<float>(file.at(name, st::Dtype::f32));
        if (name == kGoldenInput)
            model.golden.input = std::move(values);
        else if (name == kGoldenLogits)
            model.golden.logits = std::move(values);
        else
            model.network.tensors[name] = { shape, std::move(values) };
    }
    file.check_unchanged();
    validate(model);
    check_replay_cost(model.network);
    replay_golden(model);
    return model;
}

} // namespace

void save_model(const Model& model, const std::string& path)
{
    validate(model);
    Golden golden = model.golden;
    if (golden.input.empty()) {
        Model copy = model;
        make_golden(copy);
        golden = std::move(copy.golden);
    }
    nlohmann::json json = full_json(model.info);
    json.update(graph::to_json(model.network));
    json["format"] = kModelFormat;
    std::map<std::string, st::View> views;
    for (const auto& [name, tensor] : model.network.tensors)
        views.emplace(name, view_of(tensor.data, tensor.shape));
    views.emplace(kGoldenInput, view_of(golden.input, { 2, model.network.length }));
    views.emplace(kGoldenLogits, view_of(golden.logits, { static_cast<std::int64_t>(golden.logits.size()) }));
    try {
        st::write(path, views, { { kMetadataKey, json.dump() } });
    } catch (const nlohmann::json::exception& e) {
        throw Error({ "model holds text that is not UTF-8", path, e.what(), "" });
    }
}

Model load_model(const std::string& path)
{
    try {
        return read_model(path);
    } catch (const Error& error) {
        Error::Parts parts = error.parts();
        if (parts.where.compare(0, path.size(), path) == 0)
            throw; // it names the file already
        parts.where = path + (parts.where.empty() ? "" : ": ") + parts.where;
        throw Error(parts);
    }
}

} // namespace prunedamr::model
