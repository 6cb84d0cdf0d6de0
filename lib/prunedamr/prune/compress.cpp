// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/compress.h"

#include "prunedamr/base/error.h"
#include "prunedamr/graph/cost.h"
#include "prunedamr/model/model_json.h"
#include "prunedamr/prune/budget.h"
#include "prunedamr/prune/search.h"
#include "prunedamr/train/evaluate.h"

#include <chrono>

namespace prunedamr::prune {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kAuto = "auto";

/// The report without what only matters while looking at one run.
void add_report(model::ModelInfo& info, const nlohmann::json& report)
{
    nlohmann::json entry = report;
    for (const char* key : { "steps", "front", "latency_us", "minutes" })
        entry.erase(key);
    if (entry.contains("chain"))
        for (nlohmann::json& stage : entry["chain"])
            stage.erase("steps");
    const nlohmann::json provenance = nlohmann::json::parse(info.provenance);
    if (provenance.contains("compress"))
        entry["previous"] = provenance["compress"];
    model::add_provenance(info, "compress", entry);
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

CompressResult compress(const model::Model& model, const dataset::Dataset& dataset, const CompressConfig& config,
                        const LogFn& log)
{
    const auto start = Clock::now();
    train::check_compatible(model, dataset);
    const graph::Network& network = model.network;
    const Budget budget = config.budget.empty() ? Budget{} : parse_budget(config.budget, network);
    const bool is_auto = config.method == kAuto;
    const ChainStages stages = is_auto ? ChainStages{} : parse_chain(config.method);
    if (is_auto && budget.limits.empty())
        throw Error{ { "auto needs limits", "budget", budget.text.empty() ? "none" : budget.text,
                       "such as params=10k,macs=0.2M" } };

    SearchResult found;
    if (is_auto)
        found = search_auto(network, dataset, budget, config.chain, config.search, log);
    else if (budget.max_drop_points)
        found = search_drop(network, dataset, stages, budget, config.chain, config.search, log);
    else
        found.best = run_chain(network, dataset, stages, budget, config.chain, log);

    CompressResult result;
    result.interrupted = found.interrupted || found.best.interrupted;
    if (result.interrupted)
        return result;
    nlohmann::json report = report_of(network, found.best, config);
    if (!found.trials.empty()) {
        log(found.text);
        report["front"] = to_json(found.trials);
        report["wanted"] = budget.text;
        if (found.min_accuracy)
            report["min_validation_accuracy"] = *found.min_accuracy;
    }
    result.plan = std::move(found.best.plan);
    result.model = model::with_network(model, std::move(found.best.network));
    report["latency_us"] = { { "before", engine_latency_us(network) },
                             { "after", engine_latency_us(result.model.network) } };
    report["minutes"] = std::chrono::duration<double, std::ratio<60>>(Clock::now() - start).count();
    add_report(result.model.info, report);
    result.report = report.dump();
    return result;
}

} // namespace prunedamr::prune
