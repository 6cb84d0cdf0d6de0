// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/search.h"

#include "prunedamr/base/error.h"
#include "prunedamr/graph/cost.h"
#include "prunedamr/prune/budget.h"
#include "prunedamr/train/evaluate.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

namespace prunedamr::prune {
namespace {

/// Drop: fractions of MACs nearer to each other than this are one.
constexpr double kClosest = 0.98;

void check_validation(const dataset::Dataset& dataset, const char* method)
{
    if (dataset.indices(dataset::Split::validation).empty())
        throw Error{ { "no validation frames to choose by", method, "0 frames in this part", "at least 1" } };
}

/// One chain run to one budget, and what became of it.
struct Tried {
    ChainResult result;
    Trial trial;
};

/// Runs chains and keeps the list of what was tried.
class ChainTrials
{
public:
    ChainTrials(const graph::Network& original, const dataset::Dataset& dataset, const ChainConfig& chain,
               const LogFn& log)
        : original_(original), dataset_(dataset), chain_(chain), log_(log)
    {
    }

    Tried run(const std::string& name, const ChainStages& stages, const Budget& budget, int epochs)
    {
        ChainConfig config = chain_;
        config.fine_tune.epochs = epochs;
        if (!config.fine_tune.checkpoint.empty())
            config.fine_tune.checkpoint += ".trial" + std::to_string(++number_);
        log_(name + ", " + budget.text + ", " + std::to_string(epochs) + " epochs:");
        Tried tried{ run_chain(original_, dataset_, stages, budget, config, [](const std::string&) {}), {} };
        if (tried.result.interrupted)
            return tried;
        tried.trial = measure(tried.result.network);
        tried.trial.chain = name;
        tried.trial.budget = budget.text;
        tried.trial.epochs = epochs;
        trials_.push_back(tried.trial);
        log_(fmt::format("  validation {:.2f} %, {} MACs, {} params, {:.2f} us",
                         100.0 * tried.trial.validation_accuracy, tried.trial.macs, tried.trial.params,
                         tried.trial.latency_us));
        return tried;
    }

    Trial measure(const graph::Network& network) const
    {
        const graph::Cost cost = graph::cost(network);
        Trial trial;
        trial.macs = cost.macs;
        trial.params = cost.params;
        trial.latency_us = engine_latency_us(network);
        trial.validation_accuracy =
            train::evaluate(network, dataset_, dataset::Split::validation, chain_.fine_tune.device).accuracy();
        return trial;
    }

    std::vector<Trial>& trials() { return trials_; }

private:
    const graph::Network& original_;
    const dataset::Dataset& dataset_;
    const ChainConfig& chain_;
    const LogFn& log_;
    std::vector<Trial> trials_;
    int number_ = 0;
};

SearchResult finish(ChainTrials& chains_tried, Tried best, ChainStages stages)
{
    SearchResult result;
    result.trials = chains_tried.trials();
    mark_front(result.trials);
    result.text = front_text(result.trials);
    result.stages = std::move(stages);
    result.best = std::move(best.result);
    return result;
}

SearchResult stopped()
{
    SearchResult result;
    result.interrupted = true;
    return result;
}

/// A chain that is still in the race of `search_auto`.
struct Contender {
    std::string name;
    ChainStages stages;
    Tried tried = {};
};

/// Runs every runner; those that cannot meet the budget leave. False when interrupted.
bool run_round(ChainTrials& chains_tried, std::vector<Contender>& contenders, const Budget& budget, int epochs,
               std::string& refusals, const LogFn& log)
{
    std::vector<Contender> left;
    for (Contender& contender : contenders) {
        try {
            contender.tried = chains_tried.run(contender.name, contender.stages, budget, epochs);
        } catch (const train::LostProcess&) {
            throw;
        } catch (const Error& error) {
            log("  " + std::string(error.what()));
            refusals += (refusals.empty() ? "" : "; ") + contender.name + ": " + error.what();
            continue;
        }
        if (contender.tried.result.interrupted)
            return false;
        left.push_back(std::move(contender));
    }
    std::stable_sort(left.begin(), left.end(), [](const Contender& a, const Contender& b) {
        return a.tried.trial.validation_accuracy > b.tried.trial.validation_accuracy;
    });
    contenders = std::move(left);
    return true;
}

} // namespace

const std::vector<std::string>& default_chains()
{
    static const std::vector<std::string> chains = { "psr",     "consensus", "l1",     "catro",      "rl",
                                                     "odf2nna", "psr,catro", "psr,rl", "psr,odf2nna" };
    return chains;
}

SearchResult search_drop(const graph::Network& original, const dataset::Dataset& dataset, const ChainStages& stages,
                         const Budget& budget, const ChainConfig& chain, const SearchConfig& config, const LogFn& log)
{
    check_validation(dataset, "drop");
    PRUNEDAMR_CHECK(budget.max_drop_points.has_value(), "a budget of accuracy");
    ChainTrials chains_tried(original, dataset, chain, log);
    const double min_accuracy =
        chains_tried.measure(original).validation_accuracy - *budget.max_drop_points / 100.0;
    double small = 0.01, large = 1.0; // fractions of MACs: too small, large enough
    std::optional<Tried> best;
    double highest = 0.0;
    for (int probe = 0; probe < config.probes && small < kClosest * large;) {
        const double fraction = std::sqrt(small * large);
        const std::string text = fmt::format("macs={:.2f}%", 100.0 * fraction);
        std::optional<Tried> tried;
        try {
            tried =
                chains_tried.run(stages.back().method, stages, parse_budget(text, original), chain.fine_tune.epochs);
        } catch (const train::LostProcess&) {
            throw;
        } catch (const Error& error) { // smaller than the method can go
            log("  " + std::string(error.what()));
            small = fraction;
            continue;
        }
        if (tried->result.interrupted)
            return stopped();
        ++probe;
        highest = std::max(highest, tried->trial.validation_accuracy);
        const bool holds = tried->trial.validation_accuracy >= min_accuracy;
        (holds ? large : small) = fraction;
        if (holds)
            best = std::move(tried);
    }
    if (!best)
        throw Error{ { "no network tried loses so little", "budget " + budget.text,
                       "validation accuracy " + std::to_string(100.0 * highest) + " % at best",
                       std::to_string(100.0 * min_accuracy) + " %: more epochs, or a larger drop" } };
    SearchResult result = finish(chains_tried, std::move(*best), stages);
    result.min_accuracy = min_accuracy;
    return result;
}

SearchResult search_auto(const graph::Network& original, const dataset::Dataset& dataset, const Budget& budget,
                         const ChainConfig& chain, const SearchConfig& config, const LogFn& log)
{
    check_validation(dataset, "auto");
    ChainTrials chains_tried(original, dataset, chain, log);
    std::vector<Contender> contenders;
    for (const std::string& name : config.chains.empty() ? default_chains() : config.chains)
        contenders.push_back({ name, parse_chain(name) });
    const int epochs = chain.fine_tune.epochs;
    std::string refusals;
    for (const int divisor : { 8, 2, 1 }) {
        if (!run_round(chains_tried, contenders, budget, std::max(1, epochs / divisor), refusals, log))
            return stopped();
        if (contenders.empty())
            throw Error{ { "no chain can meet the budget", "budget " + budget.text, refusals, "" } };
        contenders.resize(divisor == 8 ? (contenders.size() + 2) / 3 : 1);
    }
    Contender best = std::move(contenders.front());
    for (const double fraction : config.way)
        if (fraction < 1.0 &&
            chains_tried.run(best.name, best.stages, part_of_way(original, budget, fraction), epochs).result.interrupted)
            return stopped();
    return finish(chains_tried, std::move(best.tried), std::move(best.stages));
}

namespace {

bool no_worse(const Trial& a, const Trial& b)
{
    return a.validation_accuracy >= b.validation_accuracy && a.macs <= b.macs && a.params <= b.params &&
           a.latency_us <= b.latency_us;
}

} // namespace

void mark_front(std::vector<Trial>& trials)
{
    for (std::size_t i = 0; i < trials.size(); ++i) {
        trials[i].on_front = true;
        for (std::size_t j = 0; j < trials.size() && trials[i].on_front; ++j) {
            const bool equal = no_worse(trials[i], trials[j]);
            trials[i].on_front = i == j || !no_worse(trials[j], trials[i]) || (equal && i < j);
        }
    }
}

nlohmann::json to_json(const std::vector<Trial>& trials)
{
    nlohmann::json rows = nlohmann::json::array();
    for (const Trial& trial : trials)
        rows.push_back({ { "chain", trial.chain },
                         { "budget", trial.budget },
                         { "epochs", trial.epochs },
                         { "macs", trial.macs },
                         { "params", trial.params },
                         { "latency_us", trial.latency_us },
                         { "validation_accuracy", trial.validation_accuracy },
                         { "on_front", trial.on_front } });
    return rows;
}

std::string front_text(std::vector<Trial> trials)
{
    std::stable_sort(trials.begin(), trials.end(),
                     [](const Trial& a, const Trial& b) { return a.validation_accuracy > b.validation_accuracy; });
    std::string text = "Pareto front (validation accuracy, MACs, parameters, latency at batch 1):";
    for (const Trial& trial : trials) {
        if (!trial.on_front)
            continue;
        text += fmt::format("\n  {:>6.2f} %  {:9} MACs  {:8} params  {:>8.2f} us  {}, {}, {} epochs",
                            100.0 * trial.validation_accuracy, trial.macs, trial.params, trial.latency_us,
                            trial.chain, trial.budget, trial.epochs);
    }
    return text;
}

} // namespace prunedamr::prune
