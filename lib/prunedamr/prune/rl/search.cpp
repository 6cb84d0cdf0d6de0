// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/rl/search.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/interrupt.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <limits>
#include <thread>

namespace prunedamr::prune::rl {
namespace {

/// work(0 .. count - 1), on so many threads; the first exception is thrown again.
void side_by_side(int count, int threads, const std::function<void(int)>& work)
{
    std::atomic<int> next{ 0 };
    const auto run = [&] {
        for (int i = next++; i < count; i = next++)
            work(i);
    };
    std::vector<std::future<void>> workers;
    for (int t = 1; t < std::min(threads, count); ++t)
        workers.push_back(std::async(std::launch::async, run));
    run();
    for (auto& worker : workers)
        worker.get();
}

Trajectory try_action(const World& world, const State& state, const Ranking& ranking, const Policy& policy,
                      const SearchConfig& config, Rng rng)
{
    Trajectory trajectory;
    trajectory.action = noisy(policy, config.sigma, rng);
    trajectory.state = world.act(state, ranking, trajectory.action);
    trajectory.reward = world.reward(trajectory.state);
    trajectory.value =
        state_value(world, trajectory.state, trajectory.reward, policy, config.depth, config, rng.fork(0));
    return trajectory;
}

} // namespace

void ReplayBuffer::offer(Trajectory trajectory)
{
    const auto place = std::upper_bound(best_.begin(), best_.end(), trajectory,
                                        [](const Trajectory& a, const Trajectory& b) { return a.value > b.value; });
    best_.insert(place, std::move(trajectory));
    if (best_.size() > size_)
        best_.pop_back();
}

double state_value(const World& world, const State& state, const Reward& reward, const Policy& policy, int depth,
                   const SearchConfig& config, const Rng& rng)
{
    if (depth <= 1)
        return reward.value;
    if (world.finished(state))
        return reward.value + config.discount * state_value(world, state, reward, policy, depth - 1, config, rng);
    const Ranking ranking = world.ranking(state);
    SearchConfig further = config;
    further.depth = depth - 1;
    double best = -std::numeric_limits<double>::infinity();
    for (int b = 0; b < config.branches; ++b)
        best = std::max(
            best,
            try_action(world, state, ranking, policy, further, rng.fork(static_cast<std::uint64_t>(b))).value);
    return reward.value + config.discount * best;
}

Sampled sample(const World& world, const State& state, const Ranking& ranking, Policy policy,
               const SearchConfig& config, const Rng& rng, const std::function<void(double)>& progress)
{
    const int threads = config.threads > 0 ? config.threads : static_cast<int>(std::thread::hardware_concurrency());
    ReplayBuffer replay(config.branches);
    Sampled sampled;
    double best = -std::numeric_limits<double>::infinity();
    for (int round = 0; round < config.rounds && !sampled.interrupted; ++round) {
        const Rng round_rng = rng.fork(static_cast<std::uint64_t>(round));
        std::vector<Trajectory> trajectories(static_cast<std::size_t>(config.branches));
        side_by_side(config.branches, threads, [&](int b) {
            trajectories[static_cast<std::size_t>(b)] =
                try_action(world, state, ranking, policy, config, round_rng.fork(static_cast<std::uint64_t>(b)));
        });
        double round_best = -std::numeric_limits<double>::infinity();
        for (Trajectory& trajectory : trajectories) {
            round_best = std::max(round_best, trajectory.value);
            replay.offer(std::move(trajectory));
        }
        sampled.round_values.push_back(round_best);
        if (round_best > best) {
            best = round_best;
            policy = towards(policy, replay.best().front().action, config.rate, config.clip);
        }
        sampled.interrupted = interrupted();
        progress((round + 1.0) / config.rounds);
    }
    sampled.replay = replay.best();
    sampled.policy = std::move(policy);
    return sampled;
}

} // namespace prunedamr::prune::rl
