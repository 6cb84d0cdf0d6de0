// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/graph/network.h"
#include "prunedamr/prune/prune_context.h"
#include "prunedamr/prune/rl/rl.h"
#include "prunedamr/prune/rl/search.h"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::prune::rl {

/// `count` of the indices drawn without return, ascending; all of them when there are fewer.
std::vector<std::int64_t> draw(std::vector<std::int64_t> indices, int count, std::uint64_t seed);

/// The fixed frames that every candidate of a search is judged by.
class RewardFrames
{
public:
    /// Copies the frames `indices`, at least one. On "cpu" the native engine runs the candidates, several times
    /// faster than LibTorch; elsewhere LibTorch does.
    RewardFrames(const dataset::Dataset& dataset, std::vector<std::int64_t> indices, std::string device);

    /// Fraction of the frames that the network labels right. May be called by several threads.
    double accuracy(const graph::Network& network) const;

    std::size_t size() const { return indices_.size(); }

private:
    const dataset::Dataset& dataset_;
    std::vector<std::int64_t> indices_;
    std::vector<float> frames_; ///< [count, 2, L]
    std::string device_;
};

/// Recovers thinned networks: (1 - c) T^2 KL(teacher || student at temperature T) + c cross-entropy, the rate
/// falling by a cosine. The teacher is the original until a student is better than it on the validation part.
class Distiller
{
public:
    Distiller(const PruneContext& context, const RlOptions& options);

    bool due(int step) const { return options_.distill_every > 0 && step % options_.distill_every == 0; }

    /// Trains `network` and leaves in it the weights of higher validation accuracy. Nothing when it was
    /// interrupted: the step's checkpoint holds the state, and `network` is as it was.
    std::optional<Distillation> recover(graph::Network& network, int step);

private:
    train::FitConfig config(int step) const;
    double validation_accuracy(const graph::Network& network) const;

    const PruneContext& context_;
    const RlOptions& options_;
    std::shared_ptr<const graph::Network> teacher_;
    double teacher_accuracy_ = 0.0;
};

/// The search's environment made of a context: Taylor ranking, steps of the budget, rewards.
class PruningEnvironment : public Environment
{
public:
    /// Throws `Error` when the network has no channel layer, the data no frames to calibrate or reward with, or
    /// even one filter per layer exceeds the budget.
    PruningEnvironment(const PruneContext& context, const RlOptions& options);

    Ranking ranking(const State& state) const override;
    State step(const State& state, const Ranking& ranking, const Policy& action) const override;
    Reward reward(const State& state) const override;
    bool is_terminal(const State& state) const override;

    /// `step` again with the fewest removals that meet the budget, where latency, which is only measured for the
    /// chosen network, limits it and `after` is finished.
    State tightened(const State& before, const Ranking& ranking, const Policy& action, State after) const;

    /// A state without these groups.
    State without(const State& state, const graph::KeptGroups& removed) const;

    graph::PruningPlan plan(const State& state) const;
    State original() const { return { graph::all_groups(layers_), context_.network }; }
    std::vector<int> widths(const State& state) const;
    int steps_left(const State& state, const Policy& policy) const; ///< if the policy stays as it is; at least 1

    const std::vector<graph::ChannelLayer>& layers() const { return layers_; }
    int filters() const { return filters_; } ///< removable groups of the original
    std::size_t reward_frames() const { return frames_.size(); }

private:
    std::vector<int> removable(const State& state) const;
    graph::Cost cost_without(const State& state, const std::vector<int>& order, int removals) const;
    bool meets(const State& state, const Ranking& ranking, const std::vector<int>& order, int removals) const;
    State removed(const State& state, const Ranking& ranking, const std::vector<int>& order, int removals) const;
    double latency_us(const State& state) const;

    const PruneContext& context_;
    const RlOptions& options_;
    std::vector<graph::ChannelLayer> layers_;
    graph::PrunedCost thinned_;
    graph::Cost whole_;
    int filters_ = 0;
    int step_filters_ = 1;
    std::vector<std::int64_t> calibration_;
    RewardFrames frames_;
    double whole_latency_us_ = 0.0; ///< where it is rewarded
    mutable std::mutex latency_mutex_;
    mutable std::map<std::vector<int>, double> latency_us_; ///< by widths
};

} // namespace prunedamr::prune::rl
