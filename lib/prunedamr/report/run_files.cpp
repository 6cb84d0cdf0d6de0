// SPDX-License-Identifier: GPL-3.0-or-later

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/report/run_fields.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

namespace prunedamr::report {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{ 1 } << 28;

nlohmann::json parse(const std::string& file)
{
    return parse_json(read_file(file, kMaxBytes), file, "what --json wrote");
}

/// Of the rows that `bench` wrote the one that counts: the engine, one frame at a time.
Run bench_from_json(const nlohmann::json& rows, const std::string& file)
{
    Run run;
    run.file = file;
    for (const auto& row : rows) {
        JsonObject fields(row, file);
        run.name = fields.string("model");
        if (fields.string("backend") == "engine" && fields.int32("batch") == 1 && !run.latency_us)
            run.latency_us = fields.number("median_us", 0.0, 1e12);
    }
    if (!run.latency_us)
        throw Error({ "no row of the engine with batch 1", file, std::to_string(rows.size()) + " rows", "" });
    return run;
}

Run eval_from_json(const nlohmann::json& json, const std::string& file)
{
    JsonObject fields(json, file);
    Run run;
    run.file = file;
    run.name = fields.string("model");
    if (fields.has("scores"))
        run.test = accuracy_from_json(fields.at("scores"), file + ": scores");
    read_measurements(run, json, file);
    run.minutes.reset(); // those of a measurement say nothing about the network
    return run;
}

std::string keys_of(const nlohmann::json& json)
{
    if (!json.is_object())
        return json.type_name();
    std::string keys;
    for (const auto& item : json.items())
        keys += (keys.empty() ? "" : ", ") + item.key();
    return keys.size() > 80 ? keys.substr(0, 80) + " ..." : keys.empty() ? "an empty object" : keys;
}

/// The run of that name, of several the one whose file lies in the same folder; null if there is none.
Run* made_as(std::vector<Run>& runs, const Run& measured)
{
    const auto folder = [](const Run& run) { return std::filesystem::path(run.file).parent_path(); };
    Run* found = nullptr;
    for (Run& run : runs)
        if (run.name == measured.name && (!found || folder(run) == folder(measured)))
            found = &run;
    return found;
}

void merge(Run& run, const Run& measured)
{
    if (!run.test)
        run.test = measured.test;
    if (!run.latency_us)
        run.latency_us = measured.latency_us;
    if (run.attacks.empty())
        run.attacks = measured.attacks;
}

/// The latency of a base that has its own bench file.
void fill_in_bases(std::vector<Run>& runs, const std::vector<Run>& measured)
{
    for (Run& run : runs)
        for (const Run& one : measured)
            if (!run.base.empty() && run.base == one.name) {
                run.base_latency_us = run.base_latency_us ? run.base_latency_us : one.latency_us;
                if (run.base_attacks.empty())
                    run.base_attacks = one.attacks;
            }
}

void tell_apart(std::vector<Run>& runs)
{
    std::map<std::string, int> count;
    for (const Run& run : runs)
        ++count[run.name];
    for (Run& run : runs)
        if (count[run.name] > 1)
            run.name += " (" + run.file + ")";
}

} // namespace

std::vector<Run> read_runs(const std::vector<std::string>& files)
{
    std::vector<Run> runs, measured;
    for (const std::string& file : files) {
        const nlohmann::json json = parse(file);
        if (json.is_array() && !json.empty())
            measured.push_back(bench_from_json(json, file));
        else if (json.is_object() && json.contains("model") &&
                 (json.contains("scores") || json.contains("backend")))
            measured.push_back(eval_from_json(json, file));
        else if (json.is_object() && json.contains("cost"))
            runs.push_back(run_from_json(json, file));
        else
            throw Error({ "not a run", file, keys_of(json),
                          "what train, compress, eval or bench wrote with --json, or quantize or calibrate" });
    }
    std::vector<Run> alone;
    for (const Run& one : measured) {
        Run* run = made_as(runs, one);
        if (!run)
            run = made_as(alone, one);
        if (run)
            merge(*run, one);
        else
            alone.push_back(one);
    }
    fill_in_bases(runs, measured);
    runs.insert(runs.end(), alone.begin(), alone.end());
    tell_apart(runs);
    return runs;
}

namespace {

constexpr std::size_t kMaxUnits = 1000; // a matrix of more could not be seen

std::string stem(const std::string& path)
{
    return std::filesystem::path(path).stem().string();
}

graph::Cost cost_from_json(const nlohmann::json& json, const std::string& where)
{
    JsonObject fields(json, where);
    graph::Cost cost;
    cost.params = fields.integer("params");
    cost.macs = fields.integer("macs");
    cost.paper_flops = fields.integer("paper_flops");
    cost.bytes = fields.integer("bytes");
    return cost;
}

void read_history(Run& run, const nlohmann::json& json, const std::string& where)
{
    JsonObject fields(json, where);
    if (fields.has("best_epoch"))
        run.best_epoch = fields.int32("best_epoch");
    for (const auto& one : fields.list("epochs")) {
        JsonObject epoch(one, where + ".epochs");
        run.epochs.push_back(
            { epoch.number("epoch", 0.0, kLargest), epoch.number("train_loss", -kLargest, kLargest),
              epoch.number("train_accuracy", 0.0, 1.0), optional_number(epoch, "validation_accuracy").value_or(NAN),
              epoch.number("learning_rate", 0.0, kLargest), optional_number(epoch, "seconds").value_or(0.0) });
    }
}

Similarity similarity_from_json(const nlohmann::json& json, const std::string& where)
{
    JsonObject fields(json, where);
    Similarity result;
    result.units = fields.strings("units");
    if (result.units.size() > kMaxUnits)
        throw Error({ "too many units", where, std::to_string(result.units.size()), std::to_string(kMaxUnits) });
    result.values = matrix_from_json(fields.at("similarity"), result.units.size(), where + ".similarity");
    if (fields.has("block_sizes")) {
        const std::size_t blocks = fields.list("block_sizes").size();
        result.block_sizes = fields.int32s("block_sizes", blocks);
        std::int64_t sum = 0;
        for (const int size : result.block_sizes)
            sum += size > 0 ? size : static_cast<std::int64_t>(kMaxUnits) + 1;
        if (sum != static_cast<std::int64_t>(result.units.size()))
            fields.refuse("block_sizes",
                          "sizes of blocks that hold all " + std::to_string(result.units.size()) + " units");
    }
    if (fields.has("blocks"))
        for (const auto& block : fields.list("blocks")) {
            const auto names = JsonObject(block, where + ".blocks").strings("chosen");
            result.chosen.insert(names.begin(), names.end());
        }
    return result;
}

/// What a method took out of the network before it; stages of a chain add up.
void read_plan(Run& run, const nlohmann::json& json, const std::string& where)
{
    JsonObject fields(json, where);
    const auto removed = fields.strings("remove_units"), fresh = fields.strings("reinitialize_units");
    run.removed_units.insert(run.removed_units.end(), removed.begin(), removed.end());
    run.fresh_units.insert(run.fresh_units.end(), fresh.begin(), fresh.end());
    const auto& channels = fields.at("keep_channels");
    JsonObject nodes(channels, where + ".keep_channels");
    for (const auto& item : channels.items()) {
        const std::size_t kept = nodes.list(item.key()).size();
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
    JsonObject fields(json, where);
    if (fields.has("plan"))
        read_plan(run, fields.at("plan"), where + ": plan");
    if (!fields.has("steps") || !fields.at("steps").is_object())
        return;
    const auto& steps = fields.at("steps");
    if (steps.contains("similarity") && steps.contains("units"))
        run.similarities.push_back(similarity_from_json(steps, where + ": steps"));
    if (run.base_units.empty() && steps.contains("units") && steps["units"].is_array())
        run.base_units = JsonObject(steps, where + ": steps").strings("units");
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
        JsonObject fields(stage, where + ": chain");
        names += fields.string("method");
        read_stage(run, stage, where + ": chain");
    }
    if (run.method == "auto")
        run.method += ": " + names;
}

/// Units and channels of the network before, in order of depth.
void read_original(Run& run, const nlohmann::json& json, const std::string& where)
{
    JsonObject fields(json, where);
    run.base_units = fields.strings("units");
    std::vector<LayerChannels> ordered;
    for (const auto& one : fields.list("layers")) {
        JsonObject layer(one, where + ".layers");
        const std::string node = layer.string("node");
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
        JsonObject fields(one, where);
        FrontPoint point;
        const auto& chain = fields.at("chain");
        point.chain =
            (chain.is_string() ? chain.get<std::string>() : chain.dump()) + " " + fields.string_or("budget", "");
        for (const char* key : { "macs", "params", "latency_us" })
            if (const auto value = optional_number(fields, key))
                point.cost[key] = *value;
        if (!fields.has("validation_accuracy"))
            continue; // without a validation part
        point.validation_accuracy = fields.number("validation_accuracy", 0.0, 1.0);
        point.on_front = fields.boolean("on_front");
        result.push_back(std::move(point));
    }
    return result;
}

std::optional<Accuracy> measured(JsonObject& fields, const char* key, const std::string& where)
{
    if (!fields.has(key) || !fields.at(key).is_object() || fields.at(key).empty())
        return std::nullopt;
    return accuracy_from_json(fields.at(key), where + ": " + key);
}

/// Of one network, or of it and the one it was made from. A collected run has the latter as "base_cost".
void read_cost(Run& run, JsonObject& fields, const std::string& where)
{
    JsonObject costs(fields.at("cost"), where + ": cost");
    if (!costs.has("before") && !costs.has("after")) {
        run.cost = cost_from_json(fields.at("cost"), where + ": cost");
        if (fields.has("base_cost"))
            run.base_cost = cost_from_json(fields.at("base_cost"), where + ": base_cost");
        return;
    }
    run.base_cost = cost_from_json(costs.at("before"), where + ": cost.before");
    run.cost = cost_from_json(costs.at("after"), where + ": cost.after");
}

/// What made the network: `train` and what only finishes a network do not name themselves.
std::string method_of(JsonObject& fields)
{
    if (fields.has("method"))
        return fields.string("method");
    return fields.has("train") ? "train" : fields.has("quantized") ? "quantize" : "calibrate";
}

} // namespace

Run run_from_json(const nlohmann::json& json, const std::string& where)
{
    JsonObject fields(json, where);
    Run run;
    run.file = where;
    run.name = fields.string_or("name", stem(fields.string_or("out", where)));
    run.base = stem(fields.string_or("base", ""));
    if (run.base == run.name)
        run.base.clear(); // a collected training run
    run.command = fields.string_or("command", "");
    run.validation_accuracy =
        optional_number(fields, fields.has("validation_accuracy") ? "validation_accuracy" : "validation");
    run.test = measured(fields, "test", where);
    run.base_test = measured(fields, fields.has("original_test") ? "original_test" : "base_test", where);
    run.method = method_of(fields);
    run.budget =
        fields.string_or(fields.has("wanted") ? "wanted" : "budget", ""); // of a search: what was asked for
    read_cost(run, fields, where);
    for (const char* history : { "train", "fine_tune" })
        if (fields.has(history))
            read_history(run, fields.at(history), where + ": " + history);
    const bool has_chain = fields.has("chain") && fields.at("chain").is_array();
    if (has_chain)
        read_chain(run, fields.at("chain"), where);
    if (!has_chain || fields.at("chain").empty() || fields.at("chain")[0].is_string())
        read_stage(run, json, where);
    if (fields.has("original"))
        read_original(run, fields.at("original"), where + ": original");
    if (fields.has("front"))
        run.front = front_from_json(fields.list("front"), where + ": front");
    read_measurements(run, json, where);
    return run;
}

} // namespace prunedamr::report
