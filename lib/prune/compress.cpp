// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/compress.h"

#include "prunedamr/base/error.h"
#include "prunedamr/graph/cost.h"
#include "prunedamr/train/evaluate.h"

#include <cstdio>

namespace prunedamr::prune {
namespace {

double share_cut(std::int64_t before, std::int64_t after)
{
    return before > 0 ? 1.0 - static_cast<double>(after) / static_cast<double>(before) : 0.0;
}

nlohmann::json cost_report(const graph::Cost& before, const graph::Cost& after)
{
    return { { "before", graph::to_json(before) },
             { "after", graph::to_json(after) },
             { "cut",
               { { "params", share_cut(before.params, after.params) },
                 { "macs", share_cut(before.macs, after.macs) },
                 { "paper_flops", share_cut(before.paper_flops, after.paper_flops) },
                 { "bytes", share_cut(before.bytes, after.bytes) } } } };
}

std::string cost_text(const graph::Cost& before, const graph::Cost& after)
{
    char text[200];
    std::snprintf(text, sizeof text, "cost: params %lld -> %lld (-%.1f %%), MACs %lld -> %lld (-%.1f %%)",
                  static_cast<long long>(before.params), static_cast<long long>(after.params),
                  100.0 * share_cut(before.params, after.params), static_cast<long long>(before.macs),
                  static_cast<long long>(after.macs), 100.0 * share_cut(before.macs, after.macs));
    return text;
}

/// The report without what only matters while looking at one run.
void add_provenance(graph::Network& network, const nlohmann::json& report)
{
    nlohmann::json entry = report;
    entry.erase("steps");
    if (network.provenance.contains("compress"))
        entry["previous"] = network.provenance["compress"];
    network.provenance["compress"] = std::move(entry);
}

} // namespace

CompressResult compress(const graph::Network& network, const data::Dataset& dataset, const CompressConfig& config,
                        const std::function<void(const std::string&)>& say)
{
    const Method& method = method_named(config.method);
    const Budget budget = parse_budget(config.budget, network);
    train::check_compatible(network, dataset);

    Outcome outcome = method.run({ network, dataset, budget, config.fine_tune, config.seed, say }, config.options);
    say(outcome.text);
    CompressResult result;
    result.plan = std::move(outcome.plan);
    result.network = outcome.network ? std::move(*outcome.network) : graph::apply(network, result.plan);
    PRUNEDAMR_CHECK(budget.limits_latency() || budget.met_by(result.network), "a plan keeps to its budget");
    const graph::Cost before = graph::cost(network);
    const graph::Cost after = graph::cost(result.network);
    say(cost_text(before, after));

    result.report = { { "method", config.method },
                      { "budget", budget.text },
                      { "seed", config.seed },
                      { "plan", graph::to_json(result.plan) },
                      { "steps", std::move(outcome.steps) },
                      { "units", { { "before", network.units.size() }, { "after", result.network.units.size() } } },
                      { "cost", cost_report(before, after) },
                      { "fine_tune", nullptr } };
    if (config.fine_tune.epochs > 0) {
        train::FitResult fitted = train::fit(result.network, dataset, config.fine_tune);
        result.report["fine_tune"] = train::to_json(fitted);
        result.interrupted = fitted.interrupted;
        result.network = std::move(fitted.network);
    }
    add_provenance(result.network, result.report);
    return result;
}

} // namespace prunedamr::prune
