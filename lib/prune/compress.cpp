// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/compress.h"

#include "prunedamr/base/error.h"
#include "prunedamr/graph/cost.h"
#include "prunedamr/prune/baselines.h"
#include "prunedamr/train/evaluate.h"

#include <cstdio>

namespace prunedamr::prune {
namespace {

void check_method(const std::string& name)
{
    std::string known;
    for (const Method& method : methods()) {
        if (name == method.name)
            return;
        known += (known.empty() ? "" : ", ") + std::string(method.name);
    }
    throw Error{ { "unknown method", "", name, known } };
}

/// The method's plan, and its steps as JSON and for people.
struct Planned {
    graph::Plan plan;
    nlohmann::json steps;
    std::string text;
};

std::string removal_text(const graph::Plan& plan)
{
    std::string text = plan.method + ": removed";
    for (const std::string& unit : plan.remove_units)
        text += " " + unit;
    text += "; fresh weights:";
    for (const std::string& unit : plan.reinitialise_units)
        text += " " + unit;
    return text;
}

Planned make_plan(const graph::Network& network, const data::Dataset& dataset, const Budget& budget,
                  const CompressConfig& config)
{
    if (config.method == "psr") {
        PsrConfig psr_config = config.psr;
        psr_config.seed = config.seed;
        const PsrResult result = psr(network, dataset, budget, psr_config);
        return { result.plan, to_json(result), to_text(result) };
    }
    const graph::Plan plan = config.method == "random" ? random_layers(network, budget, config.seed)
                                                       : l1_layers(network, budget, config.seed);
    return { plan, nlohmann::json::object(), removal_text(plan) };
}

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

const std::vector<Method>& methods()
{
    static const std::vector<Method> list = {
        { "psr", "layer blocks by CKA similarity, units by SynFlow, reassembly (arXiv 2406.07929)" },
        { "random", "layer baseline: units removed at random" },
        { "l1", "layer baseline: units of least mean absolute conv weight removed" },
    };
    return list;
}

CompressResult compress(const graph::Network& network, const data::Dataset& dataset, const CompressConfig& config,
                        const std::function<void(const std::string&)>& say)
{
    check_method(config.method);
    const Budget budget = parse_budget(config.budget, network);
    train::check_compatible(network, dataset);

    Planned planned = make_plan(network, dataset, budget, config);
    say(planned.text);
    CompressResult result;
    result.plan = std::move(planned.plan);
    result.network = graph::apply(network, result.plan);
    PRUNEDAMR_CHECK(budget.met_by(result.network), "a plan keeps to its budget");
    const graph::Cost before = graph::cost(network);
    const graph::Cost after = graph::cost(result.network);
    say(cost_text(before, after));

    result.report = { { "method", config.method },
                      { "budget", budget.text },
                      { "seed", config.seed },
                      { "plan", graph::to_json(result.plan) },
                      { "steps", std::move(planned.steps) },
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
