// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/consensus/consensus.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/progress.h"
#include "prunedamr/prune/features.h"
#include "prunedamr/train/batches.h"
#include "prunedamr/train/fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace prunedamr::prune {
namespace {

constexpr int kMinFrames = 16;

void check(const char* option, int value, int lowest)
{
    if (value < lowest)
        throw Error{ { "value out of range", option, std::to_string(value),
                       "at least " + std::to_string(lowest) } };
}

ConsensusConfig checked(ConsensusConfig config)
{
    if (config.distances.empty())
        config.distances = distance_names();
    for (const std::string& name : config.distances) {
        distance_named(name);
        if (std::count(config.distances.begin(), config.distances.end(), name) > 1)
            throw Error{ { "distance given twice", "", name, "once" } };
    }
    check("consensus samples", config.samples, kMinFrames);
    check("epochs per step", config.epochs_per_step, 0);
    check("min units", config.min_units, 1);
    check("stability sets", config.stability_sets, 0);
    if (config.stability_sets == 1)
        throw Error{ { "value out of range", "stability sets", "1", "0, or at least 2" } };
    return config;
}

std::map<std::string, int> stages_of(const graph::Network& network)
{
    std::map<std::string, int> stages;
    for (const graph::Unit& unit : network.units)
        stages[unit.name] = unit.stage;
    return stages;
}

/// How many more units each stage can give.
std::map<int, int> spare_units(const graph::Network& network, int min_units)
{
    std::map<int, int> spare;
    for (const graph::Unit& unit : network.units)
        ++spare.try_emplace(unit.stage, -min_units).first->second;
    return spare;
}

/// Takes the costliest candidates out of every stage, down to `min_units`.
graph::Network smallest(const graph::Network& network, int min_units)
{
    const UnitCosts costs(network);
    std::vector<std::string> units = candidate_units(network);
    std::stable_sort(units.begin(), units.end(), [&](const std::string& a, const std::string& b) {
        return costs.of(a).macs > costs.of(b).macs;
    });
    const auto stages = stages_of(network);
    auto spare = spare_units(network, min_units);
    graph::PruningPlan plan;
    for (const std::string& unit : units) {
        if (spare.at(stages.at(unit))-- > 0)
            plan.remove_units.push_back(unit);
    }
    return graph::apply(network, plan);
}

[[noreturn]] void refuse(const Budget& budget, const graph::Network& reached, int min_units)
{
    refuse_budget(budget, reached,
                  "the smallest with " + std::to_string(min_units) + (min_units == 1 ? " unit" : " units") +
                      " in every stage (--min-units)");
}

/// Index of the candidate to take out, or -1.
int choose(const graph::Network& network, const UnitRanking& ranking, int min_units)
{
    const auto stages = stages_of(network);
    const auto spare = spare_units(network, min_units);
    int best = -1;
    for (std::size_t u = 0; u < ranking.units.size(); ++u) {
        const bool free = spare.at(stages.at(ranking.units[u])) > 0;
        if (free && (best < 0 || ranking.consensus[u] < ranking.consensus[static_cast<std::size_t>(best)]))
            best = static_cast<int>(u);
    }
    return best;
}

/// One run of the method.
class ConsensusRun
{
public:
    ConsensusRun(const PruneContext& context, const ConsensusConfig& config)
        : context_(context), config_(config), network_(context.network)
    {
        outcome_.plan.method = "consensus";
        outcome_.plan.seed = context.seed;
        const auto wanted = static_cast<std::size_t>(config.samples);
        frames_ = draw_frames(context.dataset, wanted * std::max<std::size_t>(1, sets()), context.seed);
        check_frames();
        report_.config = config;
        report_.frames = static_cast<int>(std::min(wanted, frames_.size()));
    }

    PruneResult run()
    {
        for (bool met = context_.budget.met_by(network_); !met && !outcome_.interrupted;) {
            take_out_one();
            met = context_.budget.met_by(network_);
            if (!met)
                recover();
        }
        outcome_.steps = to_json(report_);
        outcome_.text = to_text(report_);
        if (trained_ || outcome_.interrupted)
            outcome_.network = std::move(network_);
        return std::move(outcome_);
    }

private:
    std::size_t sets() const { return static_cast<std::size_t>(config_.stability_sets); }

    void check_frames() const
    {
        const std::size_t lowest = kMinFrames * std::max<std::size_t>(1, sets());
        if (frames_.size() < lowest)
            throw Error{ { "too few training frames for consensus", "data set", std::to_string(frames_.size()),
                           "at least " + std::to_string(lowest) } };
    }

    UnitRanking rank(std::size_t first, std::size_t count, const std::string& title) const
    {
        const auto from = frames_.begin() + static_cast<std::ptrdiff_t>(first);
        return rank_units(network_, context_.dataset, { from, from + static_cast<std::ptrdiff_t>(count) },
                          config_.distances, context_.fine_tune.device, title);
    }

    /// The frames of the choice are the first set where there are enough for all sets.
    void measure_stability(const UnitRanking& ranking)
    {
        const auto used = static_cast<std::size_t>(report_.frames);
        const std::size_t count = std::min(used, frames_.size() / sets());
        std::vector<UnitRanking> rankings;
        for (std::size_t s = 0; s < sets(); ++s) {
            const std::string title = "rank units, set " + std::to_string(s + 1);
            rankings.push_back(s == 0 && count == used ? ranking : rank(s * count, count, title));
        }
        report_.stability = stability_of(rankings, static_cast<int>(count));
    }

    void take_out_one()
    {
        const std::string number = std::to_string(report_.steps.size() + 1);
        UnitRanking ranking = rank(0, static_cast<std::size_t>(report_.frames), "rank units, step " + number);
        if (report_.steps.empty() && sets() > 0)
            measure_stability(ranking);
        const int chosen = choose(network_, ranking, config_.min_units);
        if (chosen < 0)
            refuse(context_.budget, network_, config_.min_units);
        const std::string unit = ranking.units[static_cast<std::size_t>(chosen)];
        network_ = graph::remove_unit(network_, unit);
        outcome_.plan.remove_units.push_back(unit);
        report_.steps.push_back({ std::move(ranking), chosen, {} });
        context_.log("step " + number + ": " + to_text(report_.steps.back()));
    }

    void recover()
    {
        train::FitConfig fine_tune = context_.fine_tune;
        fine_tune.epochs = std::min(config_.epochs_per_step, fine_tune.epochs);
        if (fine_tune.epochs == 0)
            return;
        fine_tune.warmup_epochs = std::min(fine_tune.warmup_epochs, fine_tune.epochs - 1);
        fine_tune.recall_constraints.clear(); // they are for the result
        const std::string number = std::to_string(report_.steps.size());
        fine_tune.title = "fine-tune, step " + number;
        if (!fine_tune.checkpoint.empty())
            fine_tune.checkpoint += "." + number;
        train::FitResult fitted = train::fit(network_, context_.dataset, fine_tune);
        network_ = std::move(fitted.network);
        trained_ = true;
        outcome_.interrupted = fitted.interrupted;
        report_.steps.back().validation_accuracy = fitted.best_validation_accuracy;
    }

    const PruneContext& context_;
    const ConsensusConfig& config_;
    graph::Network network_;
    std::vector<std::int64_t> frames_;
    ConsensusReport report_;
    PruneResult outcome_;
    bool trained_ = false;
};

} // namespace

PruneResult consensus(const PruneContext& context, const ConsensusConfig& options)
{
    const ConsensusConfig config = checked(options);
    if (candidate_units(context.network).empty())
        throw Error{ { "no unit can be taken out", "network", "", "a removable unit that keeps its shape" } };
    const graph::Network lowest = smallest(context.network, config.min_units);
    if (!context.budget.met_by(lowest))
        refuse(context.budget, lowest, config.min_units);
    return ConsensusRun(context, config).run();
}

namespace {

std::string concat(const std::vector<std::string>& names)
{
    std::string text;
    for (const std::string& name : names)
        text += (text.empty() ? "" : ", ") + name;
    return text;
}

std::string agreement(double correlation)
{
    return std::isnan(correlation) ? "not defined" : fmt::format("{:.3f}", correlation);
}

nlohmann::json by_name(const std::vector<std::string>& names, const nlohmann::json& values)
{
    nlohmann::json object = nlohmann::json::object();
    for (std::size_t m = 0; m < names.size(); ++m)
        object[names[m]] = values[m];
    return object;
}

std::string stability_text(const ConsensusReport& report)
{
    const Stability& stability = *report.stability;
    const auto& names = report.config.distances;
    std::string text = "\nfirst ranking on " + std::to_string(stability.sets) + " disjoint sets of " +
                       std::to_string(stability.frames) + " frames, mean Spearman correlation: consensus " +
                       agreement(stability.consensus);
    const int best = stability.best_single();
    if (best >= 0) {
        const double single = stability.singles[static_cast<std::size_t>(best)];
        text += ", best single distance " + names[static_cast<std::size_t>(best)] + " " + agreement(single);
        if (!std::isnan(stability.consensus) && names.size() > 1)
            text += stability.consensus > single ? ": the consensus is the steadier"
                                                 : ": the consensus is not the steadier";
    }
    text += "\n ";
    for (std::size_t m = 0; m < names.size(); ++m)
        text += " " + names[m] + " " + agreement(stability.singles[m]);
    return text;
}

} // namespace

nlohmann::json to_json(const ConsensusReport& report)
{
    const auto& names = report.config.distances;
    nlohmann::json iterations = nlohmann::json::array(), removed = nlohmann::json::array(), stability;
    for (const ConsensusStep& step : report.steps) {
        const std::string& unit = step.ranking.units[static_cast<std::size_t>(step.removed)];
        removed.push_back(unit);
        iterations.push_back({ { "units", step.ranking.units },
                               { "distance", by_name(names, step.ranking.distances) },
                               { "consensus", step.ranking.consensus },
                               { "removed", unit },
                               { "validation_accuracy", nullptr } });
        if (step.validation_accuracy)
            iterations.back()["validation_accuracy"] = *step.validation_accuracy;
    }
    if (report.stability) {
        const int best = report.stability->best_single();
        stability = { { "sets", report.stability->sets },
                      { "frames", report.stability->frames },
                      { "consensus", report.stability->consensus },
                      { "distances", by_name(names, report.stability->singles) },
                      { "best_single", best < 0 ? "" : names[static_cast<std::size_t>(best)] } };
    }
    return { { "distances", names },
             { "frames", report.frames },
             { "epochs_per_step", report.config.epochs_per_step },
             { "min_units", report.config.min_units },
             { "removed", removed },
             { "iterations", iterations },
             { "stability", stability } };
}

std::string to_text(const ConsensusStep& step)
{
    const UnitRanking& ranking = step.ranking;
    const auto removed = static_cast<std::size_t>(step.removed);
    const auto sum = [&](std::size_t unit) {
        return ranking.units[unit] + fmt::format(" {:g}", ranking.consensus[unit]);
    };
    std::string text = "takes out " + sum(removed) + " (rank sum of " + std::to_string(ranking.ranks.size()) +
                       " distances over " + std::to_string(ranking.units.size()) + " units)";
    std::string passed_over;
    std::size_t next = removed;
    for (std::size_t u = 0; u < ranking.units.size(); ++u) {
        if (ranking.consensus[u] < ranking.consensus[removed])
            passed_over += (passed_over.empty() ? "" : ", ") + sum(u);
        else if (u != removed && (next == removed || ranking.consensus[u] < ranking.consensus[next]))
            next = u;
    }
    if (next != removed)
        text += "; then " + sum(next);
    if (!passed_over.empty())
        text += "; passed over, their stages have no unit to spare: " + passed_over;
    return text;
}

std::string to_text(const ConsensusReport& report)
{
    if (report.steps.empty())
        return "consensus: nothing to take out, the budget is met as it is";
    std::vector<std::string> taken_out;
    for (const ConsensusStep& step : report.steps) {
        taken_out.push_back(step.ranking.units[static_cast<std::size_t>(step.removed)]);
        if (step.validation_accuracy)
            taken_out.back() += fmt::format(" (then validation {:.2f} %)", 100.0 * *step.validation_accuracy);
    }
    const std::string text = "consensus of " + concat(report.config.distances) + " on " +
                             std::to_string(report.frames) + " frames took out: " + concat(taken_out);
    return report.stability ? text + stability_text(report) : text;
}

} // namespace prunedamr::prune
