// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/chain.h"

#include "prunedamr/base/error.h"
#include "prunedamr/graph/network_json.h"
#include "prunedamr/prune/budget.h"
#include "prunedamr/prune/method_options.h"
#include "prunedamr/train/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace prunedamr::prune {
namespace {

const MethodOptions& options_of(const ChainConfig& config)
{
    static const MethodOptions defaults;
    return config.options ? *config.options : defaults;
}

/// Fine-tuning of one stage of a chain.
train::FitConfig stage_fit(const ChainConfig& config, std::size_t stage, std::size_t stages)
{
    train::FitConfig fit = config.fine_tune;
    if (stage + 1 == stages || fit.epochs == 0)
        return fit;
    fit.epochs = config.stage_epochs > 0 ? config.stage_epochs : std::max(1, fit.epochs / 3);
    fit.warmup_epochs = std::min(fit.warmup_epochs, fit.epochs - 1);
    if (!fit.checkpoint.empty())
        fit.checkpoint += ".stage" + std::to_string(stage + 1);
    return fit;
}

/// Takes `network` through one stage; true when it was interrupted.
bool run_stage(graph::Network& network, const dataset::Dataset& dataset, const ChainStage& stage, const Budget& budget,
               const train::FitConfig& fit, const ChainConfig& config, ChainResult& result, const LogFn& log)
{
    PruneResult outcome =
        method_named(stage.method).run({ network, dataset, budget, fit, config.seed, log }, options_of(config));
    if (outcome.interrupted)
        return true;
    log(outcome.text);
    const graph::Cost before = graph::cost(network);
    const std::size_t units = network.units.size();
    network = outcome.network ? std::move(*outcome.network) : graph::apply(network, outcome.plan);
    PRUNEDAMR_CHECK(budget.allows(graph::cost(network), network.units.size()), "a plan keeps to its budget");
    const graph::Cost after = graph::cost(network);
    log(cost_text(before, after));
    nlohmann::json report = { { "method", stage.method },
                              { "budget", budget.text },
                              { "seed", config.seed },
                              { "plan", graph::to_json(outcome.plan) },
                              { "steps", std::move(outcome.steps) },
                              { "units", { { "before", units }, { "after", network.units.size() } } },
                              { "cost", cost_report(before, after) },
                              { "fine_tune", nullptr } };
    bool interrupted = false;
    if (fit.epochs > 0) {
        train::FitResult fitted = train::fit(network, dataset, fit);
        report["fine_tune"] = train::to_json(fitted);
        interrupted = fitted.interrupted;
        network = std::move(fitted.network);
    }
    result.plan = std::move(outcome.plan);
    result.stages.push_back(std::move(report));
    return interrupted;
}

/// Without limits only methods that choose alone can run.
void check_budgets(const ChainStages& stages, const Budget& budget, const MethodOptions& options)
{
    for (const ChainStage& stage : stages) {
        const Method& method = method_named(stage.method);
        if (budget.limits.empty() && stage.budget.empty() &&
            !(method.chooses_alone && method.chooses_alone(options)))
            throw Error{ { "no budget is given", "method " + stage.method, "", "one, such as macs=10%" } };
    }
}

} // namespace

ChainStages parse_chain(const std::string& text)
{
    ChainStages stages;
    // A comma followed by a method begins a stage; one followed by a quantity goes on with the stage's budget.
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t end = std::min(text.find(',', start), text.size());
        const std::string term = text.substr(start, end - start);
        const std::size_t colon = term.find(':');
        if (!stages.empty() && colon == std::string::npos && term.find('=') != std::string::npos &&
            !stages.back().budget.empty())
            stages.back().budget += "," + term;
        else
            stages.push_back({ term.substr(0, colon), colon == std::string::npos ? "" : term.substr(colon + 1) });
        start = end + 1;
    }
    for (const ChainStage& stage : stages)
        method_named(stage.method);
    if (!stages.back().budget.empty())
        throw Error{ { "the last method of a chain has no budget of its own", "method " + text,
                       stages.back().budget, "its budget as --budget" } };
    return stages;
}

Budget part_of_way(const graph::Network& network, const Budget& budget, double fraction)
{
    Budget part = budget;
    const graph::Cost whole = graph::cost(network);
    part.text.clear();
    for (Budget::Limit& limit : part.limits) {
        const double from = limit.quantity == Budget::Quantity::latency
                                ? engine_latency_us(network)
                                : counted(whole, network.units.size(), limit.quantity);
        if (from > limit.limit)
            limit.limit = from * std::pow(limit.limit / from, fraction);
        part.text += fmt::format("{}{}={:.0f}{}", part.text.empty() ? "" : ",", to_string(limit.quantity),
                                 limit.limit, limit.quantity == Budget::Quantity::latency ? "us" : "");
    }
    return part;
}

ChainResult run_chain(const graph::Network& original, const dataset::Dataset& dataset, const ChainStages& stages,
                      const Budget& budget, const ChainConfig& config, const LogFn& log)
{
    check_budgets(stages, budget, options_of(config));
    ChainResult result;
    result.network = original;
    for (std::size_t i = 0; i < stages.size() && !result.interrupted; ++i) {
        const bool last = i + 1 == stages.size();
        const double fraction = static_cast<double>(i + 1) / static_cast<double>(stages.size());
        const Budget target = last                       ? budget
                              : stages[i].budget.empty() ? part_of_way(original, budget, fraction)
                                                         : parse_budget(stages[i].budget, original);
        if (stages.size() > 1)
            log(stages[i].method + " to " + target.text + ":");
        result.interrupted = run_stage(result.network, dataset, stages[i], target,
                                       stage_fit(config, i, stages.size()), config, result, log);
    }
    return result;
}

} // namespace prunedamr::prune
