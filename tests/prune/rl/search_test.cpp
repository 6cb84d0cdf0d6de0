// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/rl/search.h"

#include "prunedamr/base/interrupt.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <numeric>

namespace prunedamr::prune::rl {
namespace {

const auto kSilent = [](double) {};

/// Layers of equal width whose filters cost so much accuracy each; no network behind them.
class ToyWorld : public Environment
{
public:
    ToyWorld(std::vector<double> harm, int width, int step) : harm_(std::move(harm)), width_(width), step_(step) {}

    State start() const
    {
        State state;
        state.kept.resize(harm_.size());
        for (auto& groups : state.kept) {
            groups.resize(static_cast<std::size_t>(width_));
            std::iota(groups.begin(), groups.end(), 0);
        }
        return state;
    }

    Ranking ranking(const State& state) const override { return state.kept; }

    State act(const State& state, const Ranking& ranking, const Policy& action) const override
    {
        std::vector<int> removable;
        for (const auto& groups : state.kept)
            removable.push_back(static_cast<int>(groups.size()) - 1);
        State after{ ranking, {} };
        for (const int layer : removal_order(action, removable, step_))
            after.kept[static_cast<std::size_t>(layer)].erase(after.kept[static_cast<std::size_t>(layer)].begin());
        return after;
    }

    Reward reward(const State& state) const override
    {
        double accuracy = 1.0;
        for (std::size_t l = 0; l < harm_.size(); ++l)
            accuracy -= harm_[l] * (width_ - static_cast<double>(state.kept[l].size()));
        if (raise_at_reward)
            std::raise(SIGINT);
        return { accuracy, accuracy };
    }

    bool finished(const State& state) const override { return left(state) <= finished_at; }

    int left(const State& state) const
    {
        return std::accumulate(state.kept.begin(), state.kept.end(), 0,
                               [](int sum, const auto& groups) { return sum + static_cast<int>(groups.size()); });
    }

    int finished_at = 0; ///< groups left
    bool raise_at_reward = false;

private:
    std::vector<double> harm_;
    int width_, step_;
};

/// A whole search of so many steps.
State pruned(const ToyWorld& world, int steps, const SearchConfig& config, Policy& policy)
{
    State state = world.start();
    for (int step = 0; step < steps; ++step) {
        const auto sampled = sample(world, state, world.ranking(state), policy, config,
                                    Rng(1).fork(static_cast<std::uint64_t>(step)), kSilent);
        state = sampled.replay.front().state;
        policy = sampled.policy;
    }
    return state;
}

Trajectory trajectory(double value, double mark)
{
    Trajectory trajectory;
    trajectory.value = value;
    trajectory.reward.accuracy = mark;
    return trajectory;
}

} // namespace

TEST(RlReplayBuffer, KeepsTheBestInOrder)
{
    ReplayBuffer buffer(3);
    for (const auto& [value, mark] :
         { std::pair{ 0.2, 1.0 }, { 0.5, 2.0 }, { 0.1, 3.0 }, { 0.5, 4.0 }, { 0.3, 5.0 } })
        buffer.offer(trajectory(value, mark));
    std::vector<double> marks;
    for (const auto& kept : buffer.best())
        marks.push_back(kept.reward.accuracy);
    EXPECT_EQ(marks, (std::vector<double>{ 2.0, 4.0, 5.0 }));
}

TEST(RlSearch, ValueLooksAheadWithDiscount)
{
    // Without noise every branch is the same: r1 + 0.9 r2 + 0.81 r3, of which each step takes one filter per layer.
    const ToyWorld world({ 0.01, 0.02 }, 10, 2);
    SearchConfig config;
    config.sigma = 0.0;
    config.branches = 2;
    const State state = world.start();
    const double r[] = { 1.0, 0.97, 0.94 };
    const Policy even = by_width({ 1, 1 });
    for (const auto& [depth, expected] :
         { std::pair{ 1, r[0] }, { 2, r[0] + 0.9 * r[1] }, { 3, r[0] + 0.9 * r[1] + 0.81 * r[2] } })
        EXPECT_NEAR(state_value(world, state, world.reward(state), even, depth, config, Rng(1)), expected, 1e-12);
}

TEST(RlSearch, AFinishedStateKeepsItsReward)
{
    ToyWorld world({ 0.01, 0.02 }, 10, 2);
    world.finished_at = 20;
    const State state = world.start();
    EXPECT_NEAR(state_value(world, state, { 0.7, 0.5 }, by_width({ 1, 1 }), 3, {}, Rng(1)), 0.7 * (1 + 0.9 + 0.81),
                1e-12);
}

TEST(RlSearch, ValueIsTheBestBranch)
{
    const ToyWorld world({ 0.0, 0.05 }, 20, 4);
    SearchConfig config;
    config.sigma = 1.0;
    config.branches = 6;
    const State state = world.start();
    const Policy even = by_width({ 1, 1 });
    double best = -1.0;
    for (std::uint64_t b = 0; b < 6; ++b) {
        Rng rng = Rng(9).fork(b);
        best = std::max(best, world.reward(world.act(state, world.ranking(state), noisy(even, 1.0, rng))).value);
    }
    EXPECT_GT(best, 1.0 - 4 * 0.025); // the noise found something better than one half each
    EXPECT_NEAR(state_value(world, state, { 0.5, 0.5 }, even, 2, config, Rng(9)), 0.5 + 0.9 * best, 1e-12);
}

TEST(RlSearch, LearnsWhereFiltersAreNotMissed)
{
    std::vector<double> harm(12, 1.0 / 240.0);
    harm[5] = 0.0;
    const ToyWorld world(harm, 20, 12);
    const Policy even = by_width(std::vector<int>(12, 20));
    Policy policy = even;
    const State state = pruned(world, 10, {}, policy);
    EXPECT_EQ(state.kept[5].size(), 1U);
    EXPECT_EQ(std::max_element(policy.begin(), policy.end()) - policy.begin(), 5);
    EXPECT_GT(policy[5], 1.3 * even[5]);

    SearchConfig uniform;
    uniform.sigma = 0.0;
    uniform.rate = 0.0;
    Policy unchanged = even;
    const State spread = pruned(world, 10, uniform, unchanged);
    EXPECT_EQ(world.left(state), world.left(spread));
    EXPECT_NEAR(world.reward(spread).accuracy, 1.0 - 110.0 / 240.0, 1e-9);
    EXPECT_NEAR(world.reward(state).accuracy, 1.0 - 101.0 / 240.0, 1e-9);
}

TEST(RlSearch, ThePolicyMovesOnlyWhenTheBestImproves)
{
    const ToyWorld world({ 0.0, 0.0, 0.0 }, 20, 6); // every action is worth the same
    const State state = world.start();
    const Policy start = by_width({ 1, 1, 1 });
    const auto sampled = sample(world, state, state.kept, start, {}, Rng(2), kSilent);
    EXPECT_EQ(sampled.policy, toward(start, sampled.replay.front().action, 0.1, 0.2));
    EXPECT_EQ(sampled.round_values, std::vector<double>(10, 1.0));
    EXPECT_EQ(sampled.replay.size(), 10U);
}

TEST(RlSearch, SameGeneratorSameResultOnAnyNumberOfThreads)
{
    const ToyWorld world({ 0.01, 0.003, 0.02 }, 30, 5);
    const State state = world.start();
    SearchConfig config;
    config.depth = 2;
    config.branches = 5;
    const Policy start = by_width({ 1, 1, 1 });
    const auto one = sample(world, state, state.kept, start, config, Rng(3), kSilent);
    config.threads = 3;
    const auto three = sample(world, state, state.kept, start, config, Rng(3), kSilent);
    EXPECT_EQ(one.policy, three.policy);
    EXPECT_EQ(one.round_values, three.round_values);
    EXPECT_EQ(one.replay.back().state.kept, three.replay.back().state.kept);
    EXPECT_NE(one.policy, sample(world, state, state.kept, start, config, Rng(4), kSilent).policy);
}

TEST(RlSearch, AnInterruptEndsItAfterTheRound)
{
    ToyWorld world({ 0.01, 0.003 }, 30, 5);
    world.raise_at_reward = true;
    SearchConfig config;
    config.branches = 1; // a second signal would end the process
    const State state = world.start();
    const InterruptGuard guard;
    const auto sampled = sample(world, state, state.kept, by_width({ 1, 1 }), config, Rng(3), kSilent);
    EXPECT_TRUE(sampled.interrupted);
    EXPECT_EQ(sampled.round_values.size(), 1U);
}

} // namespace prunedamr::prune::rl
