// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/rl/environment.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/engine/engine.h"
#include "prunedamr/nn/graph_module.h"
#include "prunedamr/prune/budget.h"
#include "prunedamr/prune/rl/taylor.h"
#include "prunedamr/train/batches.h"
#include "prunedamr/train/evaluate.h"

#include <algorithm>
#include <numeric>

namespace prunedamr::prune::rl {
namespace {

/// Logits [count, classes] by the engine.
std::vector<float> engine_logits(const graph::Network& network, const std::vector<float>& frames, std::size_t count)
{
    engine::EngineConfig config;
    config.max_batch = 32;
    config.self_check = false; // a network that is still being made has no golden vector
    engine::Engine engine(network, config);
    const auto frame = static_cast<std::size_t>(2 * network.length);
    const auto classes = static_cast<std::size_t>(network.classes());
    std::vector<float> logits(count * classes);
    for (std::size_t first = 0; first < count; first += 32)
        engine.run(frames.data() + first * frame, static_cast<int>(std::min<std::size_t>(32, count - first)),
                   logits.data() + first * classes);
    return logits;
}

} // namespace

std::vector<std::int64_t> draw(std::vector<std::int64_t> indices, int count, std::uint64_t seed)
{
    Rng rng(seed);
    const std::size_t drawn = std::min(indices.size(), static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < drawn; ++i)
        std::swap(indices[i], indices[static_cast<std::size_t>(rng.integer(
                                  static_cast<std::int64_t>(i), static_cast<std::int64_t>(indices.size()) - 1))]);
    indices.resize(drawn);
    std::sort(indices.begin(), indices.end());
    return indices;
}

RewardFrames::RewardFrames(const dataset::Dataset& dataset, std::vector<std::int64_t> indices, std::string device)
    : dataset_(dataset), indices_(std::move(indices)), device_(std::move(device))
{
    PRUNEDAMR_CHECK(!indices_.empty(), "frames to reward with");
    for (const std::int64_t index : indices_)
        frames_.insert(frames_.end(), dataset.frame(index), dataset.frame(index) + 2 * dataset.length());
}

double RewardFrames::accuracy(const graph::Network& network) const
{
    const auto classes = static_cast<std::size_t>(network.classes());
    std::vector<float> logits;
    if (device_ == "cpu") {
        logits = engine_logits(network, frames_, indices_.size());
    } else {
        const at::Device device = nn::device_from_name(device_);
        nn::GraphModule module(network);
        module.to(device);
        logits = nn::to_graph_tensor(train::infer(module, dataset_, indices_, device, 256)).data;
    }
    std::size_t right = 0;
    for (std::size_t i = 0; i < indices_.size(); ++i) {
        const auto row = logits.begin() + static_cast<std::ptrdiff_t>(i * classes);
        const auto label = std::max_element(row, row + static_cast<std::ptrdiff_t>(classes)) - row;
        right += label == dataset_.label[static_cast<std::size_t>(indices_[i])] ? 1 : 0;
    }
    return static_cast<double>(right) / static_cast<double>(indices_.size());
}

Distiller::Distiller(const PruneContext& context, const RlOptions& options)
    : context_(context), options_(options), teacher_(std::make_shared<const graph::Network>(context.network)),
      teacher_accuracy_(options.distill_every > 0 ? validation_accuracy(context.network) : 0.0)
{
}

double Distiller::validation_accuracy(const graph::Network& network) const
{
    return train::evaluate(network, context_.dataset, dataset::Split::validation, context_.fine_tune.device).accuracy();
}

train::FitConfig Distiller::config(int step) const
{
    train::FitConfig config = context_.fine_tune;
    config.epochs = options_.distill_epochs;
    config.schedule = "cosine";
    config.warmup_epochs = 0;
    config.patience = 0;
    config.recall_constraints.clear(); // those are of the final result
    config.teacher = teacher_;
    config.distill.weight = 1.0 - options_.label_weight;
    config.distill.temperature = options_.distill_temperature;
    config.title = "rl, distillation after step " + std::to_string(step);
    if (!config.checkpoint.empty())
        config.checkpoint += "." + std::to_string(step);
    return config;
}

std::optional<Distillation> Distiller::recover(graph::Network& network, int step)
{
    train::FitResult fitted = train::fit(network, context_.dataset, config(step));
    if (fitted.interrupted)
        return std::nullopt;
    Distillation result;
    result.step = step;
    result.accuracy_before = validation_accuracy(network);
    result.accuracy = validation_accuracy(fitted.network);
    if (result.accuracy > result.accuracy_before)
        network = std::move(fitted.network);
    else
        result.accuracy = result.accuracy_before;
    if (result.accuracy > teacher_accuracy_) {
        teacher_ = std::make_shared<const graph::Network>(network);
        teacher_accuracy_ = result.accuracy;
        result.new_teacher = true;
    }
    return result;
}

namespace {

std::vector<graph::ChannelLayer> layers_of(const graph::Network& network)
{
    auto layers = graph::channel_layers(network);
    if (layers.empty())
        throw Error{ { "nothing to prune", "network", "no removable channels", "" } };
    return layers;
}

std::vector<std::int64_t> frames_of(const dataset::Dataset& dataset, dataset::Split part, const char* what)
{
    auto indices = dataset.indices(part);
    if (indices.empty())
        throw Error{ { "no frames in this part of the data set", what, "0", "at least 1" } };
    return indices;
}

double cut(double now, double whole)
{
    return whole > 0.0 ? 1.0 - now / whole : 0.0;
}

/// The least count in 1..most for which `enough` holds; it holds for `most` and, once it does, for all above.
template <class Enough> int fewest(int highest, const Enough& enough)
{
    int too_few = 0;
    while (highest - too_few > 1) {
        const int middle = too_few + (highest - too_few) / 2;
        (enough(middle) ? highest : too_few) = middle;
    }
    return highest;
}

} // namespace

PruningEnvironment::PruningEnvironment(const PruneContext& context, const RlOptions& options)
    : context_(context), options_(options), layers_(layers_of(context.network)), thinned_(context.network, layers_),
      calibration_(
          draw(frames_of(context.dataset, dataset::Split::train, "train"), options.calibration_frames, context.seed)),
      frames_(context.dataset,
              draw(frames_of(context.dataset, dataset::Split::validation, "validation"), options.reward_frames, context.seed),
              context.fine_tune.device)
{
    const State whole = original();
    whole_ = thinned_.of(whole.kept);
    const auto all = widths(whole);
    filters_ = std::accumulate(all.begin(), all.end(), 0);
    step_filters_ = std::max(1, static_cast<int>(filters_ * options.step));
    graph::KeptGroups one(layers_.size(), { 0 });
    const auto smallest = graph::apply(context.network, graph::channel_plan(context.network, layers_, one));
    if (!context.budget.met_by(smallest))
        refuse_budget(context.budget, smallest, "the smallest reachable (one filter per layer)");
    if (options.latency_weight > 0.0)
        whole_latency_us_ = latency_us(whole);
}

std::vector<int> PruningEnvironment::widths(const State& state) const
{
    std::vector<int> widths;
    for (const auto& groups : state.kept)
        widths.push_back(static_cast<int>(groups.size()));
    return widths;
}

std::vector<int> PruningEnvironment::removable(const State& state) const
{
    std::vector<int> counts = widths(state);
    for (int& count : counts)
        --count;
    return counts;
}

graph::PruningPlan PruningEnvironment::plan(const State& state) const
{
    return graph::channel_plan(context_.network, layers_, state.kept);
}

Ranking PruningEnvironment::ranking(const State& state) const
{
    const auto scores = taylor_scores(state.network, context_.dataset, calibration_, context_.fine_tune.device);
    return removal_ranking(layers_, state.kept, plan(state), scores);
}

graph::Cost PruningEnvironment::cost_without(const State& state, const std::vector<int>& order, int removals) const
{
    std::vector<int> left = widths(state);
    for (int i = 0; i < removals; ++i)
        --left[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])];
    return thinned_.of(left);
}

bool PruningEnvironment::meets(const State& state, const Ranking& ranking, const std::vector<int>& order,
                         int removals) const
{
    return context_.budget.allows(cost_without(state, order, removals), context_.network.units.size()) &&
           (!context_.budget.limits_latency() || is_terminal(removed(state, ranking, order, removals)));
}

State PruningEnvironment::without(const State& state, const graph::KeptGroups& removed) const
{
    State smaller{ state.kept, {} };
    for (std::size_t l = 0; l < removed.size(); ++l)
        for (const int group : removed[l])
            smaller.kept[l].erase(std::find(smaller.kept[l].begin(), smaller.kept[l].end(), group));
    smaller.network = graph::apply(state.network, onwards(plan(state), plan(smaller)));
    return smaller;
}

State PruningEnvironment::removed(const State& state, const Ranking& ranking, const std::vector<int>& order,
                            int removals) const
{
    graph::KeptGroups gone(layers_.size());
    for (int i = 0; i < removals; ++i) {
        const auto layer = static_cast<std::size_t>(order[static_cast<std::size_t>(i)]);
        gone[layer].push_back(ranking[layer][gone[layer].size()]);
    }
    return without(state, gone);
}

State PruningEnvironment::step(const State& state, const Ranking& ranking, const Policy& action) const
{
    const auto order = removal_order(action, removable(state), step_filters_);
    int removals = static_cast<int>(order.size());
    const auto enough = [&](int count) { return meets(state, ranking, order, count); };
    if (!context_.budget.limits_latency() && enough(removals))
        removals = fewest(removals, enough);
    return removed(state, ranking, order, removals);
}

State PruningEnvironment::tightened(const State& before, const Ranking& ranking, const Policy& action, State after) const
{
    if (!context_.budget.limits_latency() || !is_terminal(after))
        return after;
    const auto order = removal_order(action, removable(before), step_filters_);
    const int removals = static_cast<int>(order.size());
    const int lowest = fewest(removals, [&](int count) { return meets(before, ranking, order, count); });
    return lowest < removals ? removed(before, ranking, order, lowest) : after;
}

double PruningEnvironment::latency_us(const State& state) const
{
    const std::lock_guard lock(latency_mutex_);
    const auto found = latency_us_.find(widths(state));
    if (found != latency_us_.end())
        return found->second;
    return latency_us_[widths(state)] = engine_latency_us(state.network);
}

Reward PruningEnvironment::reward(const State& state) const
{
    const graph::Cost cost = thinned_.of(state.kept);
    const double accuracy = frames_.accuracy(state.network);
    double value = accuracy;
    value +=
        options_.flops_weight * cut(static_cast<double>(cost.paper_flops), static_cast<double>(whole_.paper_flops));
    value += options_.params_weight * cut(static_cast<double>(cost.params), static_cast<double>(whole_.params));
    if (options_.latency_weight > 0.0)
        value += options_.latency_weight * cut(latency_us(state), whole_latency_us_);
    return { value, accuracy };
}

bool PruningEnvironment::is_terminal(const State& state) const
{
    return context_.budget.allows(thinned_.of(state.kept), context_.network.units.size()) &&
           (!context_.budget.limits_latency() || context_.budget.met_by(state.network));
}

int PruningEnvironment::steps_left(const State& state, const Policy& policy) const
{
    const auto order = removal_order(policy, removable(state), filters_);
    Ranking any = state.kept;
    const int removals = fewest(std::max(1, static_cast<int>(order.size())),
                                [&](int count) { return meets(state, any, order, count); });
    return (removals + step_filters_ - 1) / step_filters_;
}

} // namespace prunedamr::prune::rl
