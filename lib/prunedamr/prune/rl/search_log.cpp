// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/rl/search_log.h"

#include "prunedamr/base/atomic_file.h"
#include "prunedamr/base/error.h"

#include <algorithm>
#include <filesystem>

namespace prunedamr::prune::rl {
namespace {

StepRecord step_from_json(const nlohmann::json& json)
{
    StepRecord record;
    record.removed = json.at("removed").get<graph::KeptGroups>();
    record.policy = json.at("policy").get<Policy>();
    record.reward.accuracy = json.at("accuracy").get<double>();
    record.reward.value = json.at("reward").get<double>();
    record.value = json.at("value").get<double>();
    record.exploration = json.at("exploration").get<double>();
    record.explored = json.at("explored").get<bool>();
    record.reset = json.at("reset").get<bool>();
    record.round_values = json.at("round_values").get<std::vector<double>>();
    return record;
}

/// Whether a step takes groups that are there and leaves every layer one.
bool fits(const StepRecord& record, graph::KeptGroups& kept)
{
    if (record.removed.size() != kept.size() || record.policy.size() != kept.size())
        return false;
    for (std::size_t l = 0; l < kept.size(); ++l) {
        for (const int group : record.removed[l]) {
            const auto found = std::find(kept[l].begin(), kept[l].end(), group);
            if (found == kept[l].end())
                return false;
            kept[l].erase(found);
        }
        if (kept[l].empty())
            return false;
    }
    return true;
}

} // namespace

nlohmann::json to_json(const StepRecord& record)
{
    return {
        { "removed", record.removed },     { "policy", record.policy }, { "accuracy", record.reward.accuracy },
        { "reward", record.reward.value }, { "value", record.value },   { "exploration", record.exploration },
        { "explored", record.explored },   { "reset", record.reset },   { "round_values", record.round_values }
    };
}

SearchLog::SearchLog(std::string path, bool resume, nlohmann::json run, const graph::KeptGroups& whole)
    : path_(std::move(path)), run_(std::move(run))
{
    if (resume && !path_.empty() && std::filesystem::exists(path_))
        read(whole);
}

void SearchLog::read(const graph::KeptGroups& whole)
{
    const Error damaged{ { "damaged search log", path_, "",
                           "one that this method wrote; remove it to start anew" } };
    nlohmann::json run;
    try {
        const auto json = nlohmann::json::parse(read_file(path_));
        run = json.at("run");
        for (const auto& step : json.at("steps"))
            steps_.push_back(step_from_json(step));
    } catch (const nlohmann::json::exception&) {
        throw damaged;
    }
    for (const auto& [key, value] : run_.items())
        if (!run.contains(key) || run[key] != value)
            throw Error{ { "search log belongs to another run", path_,
                           key + " " + (run.contains(key) ? run[key].dump() : "absent"), value.dump() } };
    graph::KeptGroups kept = whole;
    for (const StepRecord& step : steps_)
        if (!fits(step, kept))
            throw damaged;
}

void SearchLog::append(StepRecord record)
{
    steps_.push_back(std::move(record));
    if (path_.empty())
        return;
    nlohmann::json steps = nlohmann::json::array();
    for (const StepRecord& step : steps_)
        steps.push_back(to_json(step));
    write_text_atomically(path_, nlohmann::json{ { "run", run_ }, { "steps", std::move(steps) } }.dump());
}

} // namespace prunedamr::prune::rl
