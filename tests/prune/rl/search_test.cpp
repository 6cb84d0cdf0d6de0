// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/rl/search.h"

#include "prunedamr/base/interrupt.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <numeric>

namespace prunedamr::prune::rl {
namespace {

double sum_of(const Policy& policy)
{
    return std::accumulate(policy.begin(), policy.end(), 0.0);
}

std::vector<int> counts_of(const std::vector<int>& order, std::size_t layers)
{
    std::vector<int> counts(layers, 0);
    for (const int layer : order)
        ++counts[static_cast<std::size_t>(layer)];
    return counts;
}

/// Whether counts are round(m * fraction) for one m, where a layer that is used up may lose less. Half counts as both.
bool are_rounded_fractions(const Policy& action, const std::vector<int>& counts, const std::vector<int>& removable)
{
    double from = 0.0, to = 1e300;
    for (std::size_t l = 0; l < action.size(); ++l) {
        from = std::max(from, counts[l] > 0 ? (counts[l] - 0.5) / action[l] : 0.0);
        if (counts[l] < removable[l])
            to = std::min(to, (counts[l] + 0.5) / action[l]);
    }
    return from <= to * (1.0 + 1e-12);
}

} // namespace

TEST(RlPolicy, StartsByWidth)
{
    const Policy policy = by_width({ 8, 16, 8 });
    EXPECT_DOUBLE_EQ(policy[0], 0.25);
    EXPECT_DOUBLE_EQ(policy[1], 0.5);
    EXPECT_DOUBLE_EQ(policy[2], 0.25);
    EXPECT_GT(by_width({ 8, 0 })[1], 0.0);
}

TEST(RlPolicy, NoiseHasTheStatedSpread)
{
    // Two layers of half each: the difference is (a - b) / (1 + a + b) for noises a, b of variance sigma^2 U^2.
    constexpr double kSigma = 0.01;
    constexpr int kDraws = 20'000;
    Rng rng(3);
    double mean = 0.0, square = 0.0, fourth = 0.0;
    for (int i = 0; i < kDraws; ++i) {
        const Policy action = noisy({ 0.5, 0.5 }, kSigma, rng);
        EXPECT_NEAR(sum_of(action), 1.0, 1e-12);
        const double difference = action[0] - action[1];
        mean += difference / kDraws;
        square += difference * difference / kDraws;
        fourth += std::pow(difference, 4) / kDraws;
    }
    EXPECT_NEAR(mean, 0.0, 4e-4);
    EXPECT_NEAR(square / (2.0 * kSigma * kSigma / 3.0), 1.0, 0.05);
    // One U for all layers: E[U^4] / E[U^2]^2 = 9/5, so the kurtosis is 3 * 9/5.
    EXPECT_NEAR(fourth / (square * square), 5.4, 0.4);
}

TEST(RlPolicy, NoiseStaysADistribution)
{
    Rng rng(4);
    for (int i = 0; i < 1000; ++i) {
        const Policy action = noisy({ 0.98, 0.01, 0.01 }, 5.0, rng);
        EXPECT_NEAR(sum_of(action), 1.0, 1e-12);
        for (const double fraction : action)
            EXPECT_GT(fraction, 0.0);
    }
    const Policy policy = { 0.2, 0.8 };
    const Policy same = noisy(policy, 0.0, rng);
    EXPECT_NEAR(same[0], 0.2, 1e-15);
}

TEST(RlPolicy, UpdateIsTheClosedForm)
{
    // Within the clip: policy + rate * difference.
    const Policy moved = toward({ 0.5, 0.5 }, { 0.9, 0.1 }, 0.1, 0.2);
    EXPECT_NEAR(moved[0], 0.54, 1e-12);
    EXPECT_NEAR(moved[1], 0.46, 1e-12);
    // Beyond it: ratios 1.8 and 0.2 become 1.2 and 0.8.
    const Policy clipped = toward({ 0.5, 0.5 }, { 0.9, 0.1 }, 1.0, 0.2);
    EXPECT_NEAR(clipped[0], 0.6, 1e-12);
    EXPECT_NEAR(clipped[1], 0.4, 1e-12);
    // Ratios 3, 2/5, 2/3 become 1.2, 0.8, 0.8: 0.24, 0.40, 0.24, sum 0.88.
    const Policy three = toward({ 0.2, 0.5, 0.3 }, { 0.6, 0.2, 0.2 }, 1.0, 0.2);
    EXPECT_NEAR(three[0], 0.24 / 0.88, 1e-12);
    EXPECT_NEAR(three[1], 0.40 / 0.88, 1e-12);
    EXPECT_NEAR(three[2], 0.24 / 0.88, 1e-12);
}

TEST(RlPolicy, UpdatesConvergeToTheBest)
{
    const Policy best = { 0.7, 0.2, 0.1 };
    Policy policy = by_width({ 4, 4, 4 });
    for (int i = 0; i < 200; ++i)
        policy = toward(policy, best, 0.1, 0.2);
    for (std::size_t l = 0; l < best.size(); ++l)
        EXPECT_NEAR(policy[l], best[l], 1e-6);
}

TEST(RlPolicy, RemovalsAreRoundedSharesThatMeetTheSum)
{
    Rng rng(5);
    int cases = 0;
    for (int repeat = 0; repeat < 60; ++repeat) {
        const std::size_t layers = static_cast<std::size_t>(rng.integer(1, 5));
        Policy action = by_width(std::vector<int>(layers, 1));
        if (repeat % 3 != 0) // else equal fractions, where no rounding may meet the sum
            action = noisy(action, 0.3, rng);
        std::vector<int> removable;
        for (std::size_t l = 0; l < layers; ++l)
            removable.push_back(static_cast<int>(rng.integer(0, 7)));
        const int all = std::accumulate(removable.begin(), removable.end(), 0);
        const auto longest = removal_order(action, removable, all + 5);
        ASSERT_EQ(static_cast<int>(longest.size()), all);
        for (int n = 0; n <= all; ++n, ++cases) {
            const auto order = removal_order(action, removable, n);
            ASSERT_EQ(static_cast<int>(order.size()), n);
            EXPECT_TRUE(std::equal(order.begin(), order.end(), longest.begin()));
            const auto counts = counts_of(order, layers);
            for (std::size_t l = 0; l < layers; ++l)
                EXPECT_LE(counts[l], removable[l]);
            EXPECT_TRUE(are_rounded_fractions(action, counts, removable)) << "case " << cases;
        }
    }
    EXPECT_GT(cases, 300);
    const std::vector<int> two_of_three = counts_of(removal_order({ 0.3, 0.3, 0.3 }, { 9, 9, 9 }, 2), 3);
    EXPECT_EQ(two_of_three, (std::vector<int>{ 1, 1, 0 }));
    EXPECT_TRUE(removal_order({ 0.5, 0.5 }, { 0, 0 }, 3).empty());
    EXPECT_EQ(counts_of(removal_order({ 0.75, 0.25 }, { 100, 100 }, 40), 2), (std::vector<int>{ 30, 10 }));
}

TEST(RlPolicy, ExplorationFallsByACosineInTheFirstTenth)
{
    EXPECT_DOUBLE_EQ(exploration(0.4, 0, 100), 0.4);
    EXPECT_DOUBLE_EQ(exploration(0.4, 5, 100), 0.2);
    EXPECT_NEAR(exploration(0.4, 2, 100), 0.2 * (1.0 + std::cos(0.2 * 3.14159265358979)), 1e-12);
    for (const int step : { 10, 11, 99, 500 })
        EXPECT_EQ(exploration(0.4, step, 100), 0.0);
    EXPECT_EQ(exploration(0.4, 0, 5), 0.4); // of a short search the first step
    EXPECT_EQ(exploration(0.4, 1, 5), 0.0);
}

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

    State step(const State& state, const Ranking& ranking, const Policy& action) const override
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

    bool is_terminal(const State& state) const override { return left(state) <= finished_at; }

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
State pruned(const ToyWorld& environment, int steps, const SearchConfig& config, Policy& policy)
{
    State state = environment.start();
    for (int step = 0; step < steps; ++step) {
        const auto sampled = sample(environment, state, environment.ranking(state), policy, config,
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
    const ToyWorld environment({ 0.01, 0.02 }, 10, 2);
    SearchConfig config;
    config.sigma = 0.0;
    config.branches = 2;
    const State state = environment.start();
    const double r[] = { 1.0, 0.97, 0.94 };
    const Policy even = by_width({ 1, 1 });
    for (const auto& [depth, expected] :
         { std::pair{ 1, r[0] }, { 2, r[0] + 0.9 * r[1] }, { 3, r[0] + 0.9 * r[1] + 0.81 * r[2] } })
        EXPECT_NEAR(state_value(environment, state, environment.reward(state), even, depth, config, Rng(1)), expected, 1e-12);
}

TEST(RlSearch, AFinishedStateKeepsItsReward)
{
    ToyWorld environment({ 0.01, 0.02 }, 10, 2);
    environment.finished_at = 20;
    const State state = environment.start();
    EXPECT_NEAR(state_value(environment, state, { 0.7, 0.5 }, by_width({ 1, 1 }), 3, {}, Rng(1)), 0.7 * (1 + 0.9 + 0.81),
                1e-12);
}

TEST(RlSearch, ValueIsTheBestBranch)
{
    const ToyWorld environment({ 0.0, 0.05 }, 20, 4);
    SearchConfig config;
    config.sigma = 1.0;
    config.branches = 6;
    const State state = environment.start();
    const Policy even = by_width({ 1, 1 });
    double best = -1.0;
    for (std::uint64_t b = 0; b < 6; ++b) {
        Rng rng = Rng(9).fork(b);
        best = std::max(best, environment.reward(environment.step(state, environment.ranking(state), noisy(even, 1.0, rng))).value);
    }
    EXPECT_GT(best, 1.0 - 4 * 0.025); // the noise found something better than one half each
    EXPECT_NEAR(state_value(environment, state, { 0.5, 0.5 }, even, 2, config, Rng(9)), 0.5 + 0.9 * best, 1e-12);
}

TEST(RlSearch, LearnsWhereFiltersAreNotMissed)
{
    std::vector<double> harm(12, 1.0 / 240.0);
    harm[5] = 0.0;
    const ToyWorld environment(harm, 20, 12);
    const Policy even = by_width(std::vector<int>(12, 20));
    Policy policy = even;
    const State state = pruned(environment, 10, {}, policy);
    EXPECT_EQ(state.kept[5].size(), 1U);
    EXPECT_EQ(std::max_element(policy.begin(), policy.end()) - policy.begin(), 5);
    EXPECT_GT(policy[5], 1.3 * even[5]);

    SearchConfig uniform;
    uniform.sigma = 0.0;
    uniform.rate = 0.0;
    Policy unchanged = even;
    const State spread = pruned(environment, 10, uniform, unchanged);
    EXPECT_EQ(environment.left(state), environment.left(spread));
    EXPECT_NEAR(environment.reward(spread).accuracy, 1.0 - 110.0 / 240.0, 1e-9);
    EXPECT_NEAR(environment.reward(state).accuracy, 1.0 - 101.0 / 240.0, 1e-9);
}

TEST(RlSearch, ThePolicyMovesOnlyWhenTheBestImproves)
{
    const ToyWorld environment({ 0.0, 0.0, 0.0 }, 20, 6); // every action is worth the same
    const State state = environment.start();
    const Policy start = by_width({ 1, 1, 1 });
    const auto sampled = sample(environment, state, state.kept, start, {}, Rng(2), kSilent);
    EXPECT_EQ(sampled.policy, toward(start, sampled.replay.front().action, 0.1, 0.2));
    EXPECT_EQ(sampled.round_values, std::vector<double>(10, 1.0));
    EXPECT_EQ(sampled.replay.size(), 10U);
}

TEST(RlSearch, SameGeneratorSameResultOnAnyNumberOfThreads)
{
    const ToyWorld environment({ 0.01, 0.003, 0.02 }, 30, 5);
    const State state = environment.start();
    SearchConfig config;
    config.depth = 2;
    config.branches = 5;
    const Policy start = by_width({ 1, 1, 1 });
    const auto one = sample(environment, state, state.kept, start, config, Rng(3), kSilent);
    config.threads = 3;
    const auto three = sample(environment, state, state.kept, start, config, Rng(3), kSilent);
    EXPECT_EQ(one.policy, three.policy);
    EXPECT_EQ(one.round_values, three.round_values);
    EXPECT_EQ(one.replay.back().state.kept, three.replay.back().state.kept);
    EXPECT_NE(one.policy, sample(environment, state, state.kept, start, config, Rng(4), kSilent).policy);
}

TEST(RlSearch, AnInterruptEndsItAfterTheRound)
{
    ToyWorld environment({ 0.01, 0.003 }, 30, 5);
    environment.raise_at_reward = true;
    SearchConfig config;
    config.branches = 1; // a second signal would end the process
    const State state = environment.start();
    const InterruptGuard guard;
    const auto sampled = sample(environment, state, state.kept, by_width({ 1, 1 }), config, Rng(3), kSilent);
    EXPECT_TRUE(sampled.interrupted);
    EXPECT_EQ(sampled.round_values.size(), 1U);
}

} // namespace prunedamr::prune::rl
