// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/rl/rl.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/interrupt.h"
#include "prunedamr/base/progress.h"
#include "prunedamr/prune/rl/environment.h"
#include "prunedamr/train/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <sstream>

namespace prunedamr::prune {
namespace rl {
namespace {

constexpr double kLargestFall = 0.1; // of accuracy in a step, relative

struct Range {
    const char* name;
    double value, low, high;
};

std::vector<Range> ranges(const RlOptions& o)
{
    constexpr double kMany = 1e6;
    return { { "step", o.step, 1e-6, 1.0 },
             { "rounds", static_cast<double>(o.search.rounds), 1, kMany },
             { "branches", static_cast<double>(o.search.branches), 1, kMany },
             { "depth", static_cast<double>(o.search.depth), 1, 10 },
             { "sigma", o.search.sigma, 0, 10 },
             { "lambda", o.search.rate, 0, 1 },
             { "gamma", o.search.discount, 0, 1 },
             { "delta", o.search.clip, 0, 1 },
             { "epsilon", o.epsilon, 0, 1 },
             { "alpha", o.flops_weight, 0, kMany },
             { "beta", o.params_weight, 0, kMany },
             { "latency weight", o.latency_weight, 0, kMany },
             { "calibration frames", static_cast<double>(o.calibration_frames), 1, 1e9 },
             { "reward frames", static_cast<double>(o.reward_frames), 1, 1e9 },
             { "steps between distillations", static_cast<double>(o.distill_every), 0, kMany },
             { "epochs of a distillation", static_cast<double>(o.distill_epochs), 1, kMany },
             { "temperature", o.distill_temperature, 0.01, 1000 },
             { "label weight", o.label_weight, 0, 1 } };
}

void check(const RlOptions& options)
{
    for (const Range& range : ranges(options))
        if (!(range.value >= range.low && range.value <= range.high))
            throw Error{ { "value out of range", std::string("rl: ") + range.name, std::to_string(range.value),
                           fmt::format("{:g}..{:g}", range.low, range.high) } };
}

/// What was sampled in a step and which of it is taken.
struct Choice {
    Sampled sampled;
    std::size_t index = 0; ///< into `sampled.replay`
    bool explored = false;

    const Trajectory& taken() const { return sampled.replay[index]; }
};

class Pruner
{
public:
    Pruner(const PruneContext& context, const RlOptions& options);

    PruneResult run();

private:
    using ReportProgress = std::function<void(double)>;

    std::optional<StepRecord> search(int step, const ReportProgress& progress);
    Choice choose(const Ranking& ranking, const Rng& rng, double exploration, const ReportProgress& progress) const;
    void take(const StepRecord& record);
    bool recover(int step);
    std::string note(const StepRecord& record) const;
    PruneResult outcome(bool stopped);

    const PruneContext& context_;
    RlOptions options_;
    PruningEnvironment environment_;
    Distiller distiller_;
    SearchLog log_;
    State state_;
    Policy policy_;
    double accuracy_ = 0.0; ///< of `state_` on the reward frames
    int steps_expected_ = 1;
    RlResult result_;
};

/// What makes a search the search that it is.
nlohmann::json identity(const PruneContext& context, const RlOptions& options)
{
    train::FitConfig recovery = context.fine_tune;
    recovery.epochs = options.distill_epochs; // those after the search change nothing in it
    nlohmann::json run = train::fingerprint(context.network, context.dataset, recovery);
    for (const Range& range : ranges(options))
        run[std::string("rl ") + range.name] = range.value;
    run["budget"] = context.budget.text;
    run["method seed"] = context.seed;
    return run;
}

Pruner::Pruner(const PruneContext& context, const RlOptions& options)
    : context_(context), options_(options), environment_(context, options_), distiller_(context, options_),
      log_(context.fine_tune.checkpoint.empty() ? "" : context.fine_tune.checkpoint + ".search", context.fine_tune.resume,
           identity(context, options), environment_.original().kept),
      state_(environment_.original()), policy_(by_width(environment_.widths(state_))),
      accuracy_(environment_.reward(state_).accuracy), steps_expected_(environment_.steps_left(state_, policy_))
{
    // A latency that is measured while other branches run would be another one.
    options_.search.threads = options.latency_weight > 0.0 ? 1 : context.fine_tune.threads;
    for (const auto& layer : environment_.layers())
        result_.layers.push_back(layer.name);
    result_.widths = environment_.widths(state_);
    result_.accuracy = accuracy_;
    result_.reward_frames = environment_.reward_frames();
}

Choice Pruner::choose(const Ranking& ranking, const Rng& rng, double exploration, const ReportProgress& progress) const
{
    Choice choice;
    choice.sampled = sample(environment_, state_, ranking, policy_, options_.search, rng.fork(0), progress);
    Rng chance = rng.fork(1);
    choice.explored = chance.chance(exploration);
    if (choice.explored)
        choice.index = static_cast<std::size_t>(
            chance.integer(0, static_cast<std::int64_t>(choice.sampled.replay.size()) - 1));
    return choice;
}

/// Nothing when it was interrupted.
std::optional<StepRecord> Pruner::search(int step, const ReportProgress& progress)
{
    const InterruptGuard guard;
    const Rng rng = Rng(context_.seed).fork(static_cast<std::uint64_t>(step));
    const Ranking ranking = environment_.ranking(state_);
    StepRecord record;
    record.exploration = exploration(options_.epsilon, step, steps_expected_);
    Choice choice = choose(ranking, rng.fork(0), record.exploration, progress);
    if (accuracy_ - choice.taken().reward.accuracy > kLargestFall * accuracy_ && !choice.sampled.interrupted) {
        record.reset = true;
        policy_ = by_width(environment_.widths(state_));
        choice = choose(ranking, rng.fork(1), record.exploration, progress);
    }
    if (choice.sampled.interrupted)
        return std::nullopt;
    const Trajectory& taken = choice.taken();
    const State after = environment_.tightened(state_, ranking, taken.action, taken.state);
    if (after.kept == state_.kept) // by chance of a measured latency the smallest network may miss its limit
        refuse_budget(context_.budget, after.network, "the smallest that this method reaches");
    record.removed = removed_between(state_.kept, after.kept);
    record.policy = choice.sampled.policy;
    record.reward = environment_.reward(after);
    record.value = taken.value;
    record.explored = choice.explored;
    record.round_values = choice.sampled.round_values;
    return record;
}

void Pruner::take(const StepRecord& record)
{
    state_ = environment_.without(state_, record.removed);
    policy_ = record.policy;
    accuracy_ = record.reward.accuracy;
    result_.steps.push_back(record);
    result_.costs.push_back(graph::cost(state_.network));
}

/// False when it was interrupted.
bool Pruner::recover(int step)
{
    const auto distillation = distiller_.recover(state_.network, step);
    if (!distillation)
        return false;
    result_.distillations.push_back(*distillation);
    accuracy_ = environment_.reward(state_).accuracy;
    return true;
}

std::string Pruner::note(const StepRecord& record) const
{
    return fmt::format("{} MACs, {} params, accuracy {:.2f} %{}", result_.costs.back().macs,
                       result_.costs.back().params, 100.0 * record.reward.accuracy,
                       record.reset ? ", policy reset" : "");
}

PruneResult Pruner::outcome(bool stopped)
{
    result_.kept = environment_.widths(state_);
    PruneResult outcome{ environment_.plan(state_), to_json(result_), to_text(result_), std::nullopt, stopped };
    outcome.plan.method = "rl";
    outcome.plan.seed = context_.seed;
    if (!result_.distillations.empty())
        outcome.network = std::move(state_.network);
    return outcome;
}

PruneResult Pruner::run()
{
    std::optional<Progress> progress;
    const int logged = static_cast<int>(log_.steps().size());
    for (int step = 0, shown = 0; step < logged || !environment_.is_terminal(state_); ++step) {
        if (step == shown) { // at the start, and when there are more steps than expected
            const int left = environment_.steps_left(state_, policy_);
            progress.emplace("rl", left);
            shown += left;
        }
        if (step < logged) {
            take(log_.steps()[static_cast<std::size_t>(step)]);
        } else {
            const auto record = search(step, [&](double fraction) { progress->within_step(fraction); });
            if (!record)
                return outcome(true);
            log_.append(*record);
            take(*record);
        }
        progress->step_done(note(result_.steps.back()));
        if (distiller_.due(step + 1) && !recover(step + 1))
            return outcome(true);
    }
    return outcome(false);
}

} // namespace
} // namespace rl

PruneResult rl_pruner(const PruneContext& context, const RlOptions& options)
{
    rl::check(options);
    return rl::Pruner(context, options).run();
}

} // namespace prunedamr::prune

namespace prunedamr::prune::rl {
namespace {

int filters_of(const StepRecord& step)
{
    return std::accumulate(step.removed.begin(), step.removed.end(), 0,
                           [](int sum, const auto& groups) { return sum + static_cast<int>(groups.size()); });
}

const Distillation* after_step(const RlResult& result, std::size_t step)
{
    for (const Distillation& distillation : result.distillations)
        if (distillation.step == static_cast<int>(step))
            return &distillation;
    return nullptr;
}

std::string step_text(const RlResult& result, std::size_t i, int left)
{
    const StepRecord& step = result.steps[i];
    std::string text = fmt::format("{:6} {:8} {:9} {:11} {:>10.2f} %", i + 1, left, result.costs[i].params,
                                   result.costs[i].macs, 100.0 * step.reward.accuracy);
    text += step.reset ? "  policy reset" : "";
    text += step.explored ? "  explored" : "";
    if (const Distillation* distillation = after_step(result, i + 1))
        text += fmt::format("  distilled, validation {:.2f} -> {:.2f} %{}", 100.0 * distillation->accuracy_before,
                            100.0 * distillation->accuracy, distillation->new_teacher ? ", new teacher" : "");
    return text + "\n";
}

} // namespace

nlohmann::json to_json(const RlResult& result)
{
    nlohmann::json steps = nlohmann::json::array();
    for (std::size_t i = 0; i < result.steps.size(); ++i) {
        nlohmann::json step = to_json(result.steps[i]);
        step["macs"] = result.costs[i].macs;
        step["params"] = result.costs[i].params;
        steps.push_back(std::move(step));
    }
    nlohmann::json distillations = nlohmann::json::array();
    for (const Distillation& distillation : result.distillations)
        distillations.push_back({ { "step", distillation.step },
                                  { "accuracy_before", distillation.accuracy_before },
                                  { "accuracy", distillation.accuracy },
                                  { "new_teacher", distillation.new_teacher } });
    return { { "layers", result.layers },
             { "widths", result.widths },
             { "kept", result.kept },
             { "reward_frames", result.reward_frames },
             { "accuracy", result.accuracy },
             { "steps", std::move(steps) },
             { "distillations", std::move(distillations) } };
}

std::string to_text(const RlResult& result)
{
    int left = std::accumulate(result.widths.begin(), result.widths.end(), 0);
    std::ostringstream text;
    text << "rl: " << left << " filters in " << result.layers.size() << " layers; accuracy on "
         << result.reward_frames << " validation frames " << fmt::format("{:.2f} %", 100.0 * result.accuracy)
         << "\n"
         << "  step  filters    params        MACs  accuracy (not trained)\n";
    for (std::size_t i = 0; i < result.steps.size(); ++i)
        text << step_text(result, i, left -= filters_of(result.steps[i]));
    text << "filters kept:";
    for (std::size_t l = 0; l < result.layers.size(); ++l)
        text << (l % 6 == 0 ? "\n  " : ", ") << result.layers[l] << " " << result.kept[l] << "/"
             << result.widths[l];
    return text.str();
}

} // namespace prunedamr::prune::rl
