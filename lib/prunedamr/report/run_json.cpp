// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/report/run_fields.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

namespace prunedamr::report {
namespace {

using graph::JsonFields;

constexpr std::size_t kMostUnits = 1000; // a matrix of more could not be seen

std::string stem(const std::string& path)
{
    return std::filesystem::path(path).stem().string();
}

graph::Cost cost_from_json(const nlohmann::json& json, const std::string& where)
{
    JsonFields fields(json, where);
    graph::Cost cost;
    cost.params = fields.integer("params");
    cost.macs = fields.integer("macs");
    cost.paper_flops = fields.integer("paper_flops");
    cost.bytes = fields.integer("bytes");
    return cost;
}

void read_history(Run& run, const nlohmann::json& json, const std::string& where)
{
    JsonFields fields(json, where);
    if (fields.has("best_epoch"))
        run.best_epoch = fields.small_integer("best_epoch");
    for (const auto& one : list_at(fields, "epochs", where)) {
        JsonFields epoch(one, where + ".epochs");
        run.epochs.push_back({ number_within(epoch, "epoch", 0.0, kLargest, where),
                               number_within(epoch, "train_loss", -kLargest, kLargest, where),
                               share_at(epoch, "train_accuracy", where),
                               optional_number(epoch, "validation_accuracy", where).value_or(NAN),
                               number_within(epoch, "learning_rate", 0.0, kLargest, where),
                               optional_number(epoch, "seconds", where).value_or(0.0) });
    }
}

Similarity similarity_from_json(const nlohmann::json& json, const std::string& where)
{
    JsonFields fields(json, where);
    Similarity result;
    result.units = fields.texts("units");
    if (result.units.size() > kMostUnits)
        throw Error({ "too many units", where, std::to_string(result.units.size()), std::to_string(kMostUnits) });
    result.values = matrix_from_json(fields.at("similarity"), result.units.size(), where + ".similarity");
    if (fields.has("block_sizes")) {
        const std::size_t blocks = list_at(fields, "block_sizes", where).size();
        result.block_sizes = fields.small_integers("block_sizes", blocks);
        std::int64_t sum = 0;
        for (const int size : result.block_sizes)
            sum += size > 0 ? size : static_cast<std::int64_t>(kMostUnits) + 1;
        if (sum != static_cast<std::int64_t>(result.units.size()))
            throw Error({ "bad value of 'block_sizes'", where, fields.at("block_sizes").dump(),
                          "sizes of blocks that hold all " + std::to_string(result.units.size()) + " units" });
    }
    if (fields.has("blocks"))
        for (const auto& block : list_at(fields, "blocks", where)) {
            const auto names = JsonFields(block, where + ".blocks").texts("chosen");
            result.chosen.insert(names.begin(), names.end());
        }
    return result;
}

/// What a method took out of the network before it; stages of a chain add up.
void read_plan(Run& run, const nlohmann::json& json, const std::string& where)
{
    JsonFields fields(json, where);
    const auto removed = fields.texts("remove_units"), fresh = fields.texts("reinitialise_units");
    run.removed_units.insert(run.removed_units.end(), removed.begin(), removed.end());
    run.fresh_units.insert(run.fresh_units.end(), fresh.begin(), fresh.end());
    const auto& channels = fields.at("keep_channels");
    JsonFields nodes(channels, where + ".keep_channels");
    for (const auto& item : channels.items()) {
        const std::size_t kept = list_at(nodes, item.key().c_str(), where + ".keep_channels").size();
        const auto same = std::find_if(run.layers.begin(), run.layers.end(),
                                       [&](const LayerChannels& layer) { return layer.node == item.key(); });
        if (same == run.layers.end())
            run.layers.push_back({ item.key(), kept, 0 });
        else
            same->kept = kept;
    }
}

/// One method's plan and steps.
void read_stage(Run& run, const nlohmann::json& json, const std::string& where)
{
    JsonFields fields(json, where);
    if (fields.has("plan") && !fields.at("plan").is_null())
        read_plan(run, fields.at("plan"), where + ": plan");
    if (!fields.has("steps") || !fields.at("steps").is_object())
        return;
    const auto& steps = fields.at("steps");
    if (steps.contains("similarity") && steps.contains("units"))
        run.similarities.push_back(similarity_from_json(steps, where + ": steps"));
    if (run.base_units.empty() && steps.contains("units") && steps["units"].is_array())
        run.base_units = JsonFields(steps, where + ": steps").texts("units");
}

/// Names of the stages, and what they did where they say it.
void read_chain(Run& run, const nlohmann::json& chain, const std::string& where)
{
    std::string names;
    for (const auto& stage : chain) {
        if (!names.empty())
            names += ",";
        if (stage.is_string()) {
            names += stage.get<std::string>();
            continue;
        }
        JsonFields fields(stage, where + ": chain");
        names += fields.text("method");
        read_stage(run, stage, where + ": chain");
    }
    if (run.method == "auto")
        run.method += ": " + names;
}

/// Units and channels of the network before, in order of depth.
void read_original(Run& run, const nlohmann::json& json, const std::string& where)
{
    JsonFields fields(json, where);
    run.base_units = fields.texts("units");
    std::vector<LayerChannels> ordered;
    for (const auto& one : list_at(fields, "layers", where)) {
        JsonFields layer(one, where + ".layers");
        const std::string node = layer.text("node");
        for (const LayerChannels& thinned : run.layers)
            if (thinned.node == node)
                ordered.push_back({ node, thinned.kept, static_cast<std::size_t>(layer.integer("channels")) });
    }
    for (const LayerChannels& thinned : run.layers)
        if (std::none_of(ordered.begin(), ordered.end(), [&](const auto& o) { return o.node == thinned.node; }))
            ordered.push_back(thinned);
    run.layers = std::move(ordered);
}

std::vector<FrontPoint> front_from_json(const nlohmann::json& list, const std::string& where)
{
    std::vector<FrontPoint> result;
    for (const auto& one : list) {
        JsonFields fields(one, where);
        FrontPoint point;
        const auto& chain = fields.at("chain");
        point.chain =
            (chain.is_string() ? chain.get<std::string>() : chain.dump()) + " " + optional_text(fields, "budget");
        for (const char* key : { "macs", "params", "latency_us" })
            if (const auto value = optional_number(fields, key, where))
                point.cost[key] = *value;
        if (!fields.has("validation_accuracy") || fields.at("validation_accuracy").is_null())
            continue; // without a validation part
        point.validation_accuracy = share_at(fields, "validation_accuracy", where);
        point.on_front = fields.boolean("on_front");
        result.push_back(std::move(point));
    }
    return result;
}

std::optional<Accuracy> measured(JsonFields& fields, const char* key, const std::string& where)
{
    if (!fields.has(key) || !fields.at(key).is_object() || fields.at(key).empty())
        return std::nullopt;
    return accuracy_from_json(fields.at(key), where + ": " + key);
}

void read_compression(Run& run, JsonFields& fields, const std::string& where)
{
    run.method = fields.text("method");
    run.budget =
        optional_text(fields, fields.has("wanted") ? "wanted" : "budget"); // of a search: what was asked for
    run.base_test = measured(fields, "original_test", where);
    JsonFields costs(fields.at("cost"), where + ": cost");
    run.base_cost = cost_from_json(costs.at("before"), where + ": cost.before");
    run.cost = cost_from_json(costs.at("after"), where + ": cost.after");
    if (fields.has("fine_tune") && !fields.at("fine_tune").is_null())
        read_history(run, fields.at("fine_tune"), where + ": fine_tune");
}

} // namespace

Run run_from_json(const nlohmann::json& json, const std::string& where)
{
    JsonFields fields(json, where);
    Run run;
    run.file = where;
    run.name = stem(fields.has("out") ? fields.text("out") : where);
    run.base = stem(optional_text(fields, "base"));
    run.command = optional_text(fields, "command");
    run.validation_accuracy = optional_number(fields, "validation_accuracy", where);
    run.test = measured(fields, "test", where);
    if (!fields.has("method")) {
        run.method = "train";
        run.cost = cost_from_json(fields.at("cost"), where + ": cost");
        read_history(run, fields.at("train"), where + ": train");
        read_measurements(run, json, where);
        return run;
    }
    read_compression(run, fields, where);
    const bool has_chain = fields.has("chain") && fields.at("chain").is_array();
    if (has_chain)
        read_chain(run, fields.at("chain"), where);
    if (!has_chain || fields.at("chain").empty() || fields.at("chain")[0].is_string())
        read_stage(run, json, where);
    if (fields.has("original"))
        read_original(run, fields.at("original"), where + ": original");
    if (fields.has("front") && !fields.at("front").is_null())
        run.front = front_from_json(list_at(fields, "front", where), where + ": front");
    read_measurements(run, json, where);
    return run;
}

} // namespace prunedamr::report
