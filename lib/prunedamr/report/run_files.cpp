// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/atomic_file.h"
#include "prunedamr/base/error.h"
#include "prunedamr/report/run_fields.h"

#include <filesystem>

namespace prunedamr::report {
namespace {

using graph::JsonFields;

constexpr std::size_t kMostBytes = std::size_t{ 1 } << 28;

nlohmann::json parse(const std::string& file)
{
    try {
        return nlohmann::json::parse(read_file(file, kMostBytes));
    } catch (const nlohmann::json::parse_error& error) {
        throw Error({ "not JSON", file, "an error at byte " + std::to_string(error.byte), "what --json wrote" });
    }
}

/// Of the rows that `bench` wrote the one that counts: the engine, one frame at a time.
Run bench_from_json(const nlohmann::json& rows, const std::string& file)
{
    Run run;
    run.file = file;
    for (const auto& row : rows) {
        JsonFields fields(row, file);
        run.name = fields.text("model");
        if (fields.text("backend") == "engine" && fields.small_integer("batch") == 1 && !run.latency_us)
            run.latency_us = number_within(fields, "median_us", 0.0, 1e12, file);
    }
    if (!run.latency_us)
        throw Error({ "no row of the engine with batch 1", file, std::to_string(rows.size()) + " rows", "" });
    return run;
}

Run eval_from_json(const nlohmann::json& json, const std::string& file)
{
    JsonFields fields(json, file);
    Run run;
    run.file = file;
    run.name = fields.text("model");
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
        else if (json.is_object() && json.contains("cost") && (json.contains("method") || json.contains("train")))
            runs.push_back(run_from_json(json, file));
        else
            throw Error(
                { "not a run", file, keys_of(json), "what train, compress, eval or bench wrote with --json" });
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

} // namespace prunedamr::report
