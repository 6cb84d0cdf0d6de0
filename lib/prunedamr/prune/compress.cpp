// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/compress.h"

#include "prunedamr/base/error.h"
#include "prunedamr/graph/cost.h"
#include "prunedamr/prune/cost_report.h"
#include "prunedamr/prune/latency.h"
#include "prunedamr/train/evaluate.h"

#include <chrono>

namespace prunedamr::prune {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kAuto = "auto";

/// The report without what only matters while looking at one run.
void add_provenance(graph::Network& network, const nlohmann::json& report)
{
    nlohmann::json entry = report;
    for (const char* key : { "steps", "front", "latency_us", "minutes" })
        entry.erase(key);
    if (entry.contains("chain"))
        for (nlohmann::json& stage : entry["chain"])
            stage.erase("steps");
    if (network.provenance.contains("compress"))
        entry["previous"] = network.provenance["compress"];
    network.provenance["compress"] = std::move(entry);
}

nlohmann::json report_of(const graph::Network& original, const ChainResult& result, const CompressConfig& config)
{
    nlohmann::json report = result.stages.back();
    if (result.stages.size() == 1)
        return report;
    report["method"] = config.method;
    report["chain"] = result.stages;
    report["units"] = { { "before", original.units.size() }, { "after", result.network.units.size() } };
    report["cost"] = cost_report(graph::cost(original), graph::cost(result.network));
    return report;
}

} // namespace

CompressResult compress(const graph::Network& network, const data::Dataset& dataset, const CompressConfig& config,
                        const Say& say)
{
    const auto start = Clock::now();
    train::check_compatible(network, dataset);
    const Budget budget = config.budget.empty() ? Budget{} : parse_budget(config.budget, network);
    const bool is_auto = config.method == kAuto;
    const Stages stages = is_auto ? Stages{} : parse_chain(config.method);
    if (is_auto && budget.limits.empty())
        throw Error{ { "auto needs limits", "budget", budget.text.empty() ? "none" : budget.text,
                       "such as params=10k,macs=0.2M" } };

    SearchResult found;
    if (is_auto)
        found = search_auto(network, dataset, budget, config.chain, config.search, say);
    else if (budget.max_drop_points)
        found = search_drop(network, dataset, stages, budget, config.chain, config.search, say);
    else
        found.best = run_chain(network, dataset, stages, budget, config.chain, say);

    CompressResult result;
    result.interrupted = found.interrupted || found.best.interrupted;
    if (result.interrupted)
        return result;
    result.report = report_of(network, found.best, config);
    if (!found.trials.empty()) {
        say(found.text);
        result.report["front"] = to_json(found.trials);
        result.report["wanted"] = budget.text;
        if (found.least_accuracy)
            result.report["least_validation_accuracy"] = *found.least_accuracy;
    }
    result.plan = std::move(found.best.plan);
    result.network = std::move(found.best.network);
    result.report["latency_us"] = { { "before", engine_latency_us(network) },
                                    { "after", engine_latency_us(result.network) } };
    result.report["minutes"] = std::chrono::duration<double, std::ratio<60>>(Clock::now() - start).count();
    add_provenance(result.network, result.report);
    return result;
}

} // namespace prunedamr::prune
