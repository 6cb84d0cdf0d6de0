// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/rl/search.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/base/interrupt.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <future>
#include <limits>
#include <numeric>
#include <thread>

namespace prunedamr::prune::rl {
namespace {

Policy normalized(Policy policy)
{
    for (double& fraction : policy)
        fraction = std::max(fraction, kMinFraction);
    const double sum = std::accumulate(policy.begin(), policy.end(), 0.0);
    for (double& fraction : policy)
        fraction /= sum;
    return policy;
}

} // namespace

Policy by_width(const std::vector<int>& widths)
{
    return normalized({ widths.begin(), widths.end() });
}

Policy noisy(const Policy& policy, double sigma, Rng& rng)
{
    const double scale = sigma * rng.uniform();
    Policy action = policy;
    for (double& fraction : action)
        fraction += scale * rng.normal();
    return normalized(std::move(action));
}

Policy toward(const Policy& policy, const Policy& best, double rate, double clip)
{
    PRUNEDAMR_CHECK(policy.size() == best.size(), "policies over the same layers");
    Policy updated = policy;
    for (std::size_t l = 0; l < policy.size(); ++l)
        updated[l] += rate * (best[l] - policy[l]);
    updated = normalized(std::move(updated));
    for (std::size_t l = 0; l < policy.size(); ++l)
        updated[l] = policy[l] * std::clamp(updated[l] / policy[l], 1.0 - clip, 1.0 + clip);
    return normalized(std::move(updated));
}

std::vector<int> removal_order(const Policy& action, const std::vector<int>& removable, int n)
{
    PRUNEDAMR_CHECK(action.size() == removable.size(), "an action over the same layers");
    std::vector<int> lost(action.size(), 0);
    std::vector<int> order;
    while (static_cast<int>(order.size()) < n) {
        int next = -1;
        double largest = 0.0;
        for (std::size_t l = 0; l < action.size(); ++l) {
            const double claim = action[l] / (2 * lost[l] + 1);
            if (lost[l] < removable[l] && claim > largest) {
                largest = claim;
                next = static_cast<int>(l);
            }
        }
        if (next < 0)
            break;
        ++lost[static_cast<std::size_t>(next)];
        order.push_back(next);
    }
    return order;
}

double exploration(double epsilon, int step, int steps)
{
    const double decay = 0.1 * steps;
    return step < decay ? 0.5 * epsilon * (1.0 + std::cos(M_PI * step / decay)) : 0.0;
}

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

Trajectory try_action(const Environment& environment, const State& state, const Ranking& ranking,
                      const Policy& policy, const SearchConfig& config, Rng rng)
{
    Trajectory trajectory;
    trajectory.action = noisy(policy, config.sigma, rng);
    trajectory.state = environment.step(state, ranking, trajectory.action);
    trajectory.reward = environment.reward(trajectory.state);
    trajectory.value =
        state_value(environment, trajectory.state, trajectory.reward, policy, config.depth, config, rng.fork(0));
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

double state_value(const Environment& environment, const State& state, const Reward& reward, const Policy& policy,
                   int depth, const SearchConfig& config, const Rng& rng)
{
    if (depth <= 1)
        return reward.value;
    if (environment.is_terminal(state))
        return reward.value +
               config.discount * state_value(environment, state, reward, policy, depth - 1, config, rng);
    const Ranking ranking = environment.ranking(state);
    SearchConfig further = config;
    further.depth = depth - 1;
    double best = -std::numeric_limits<double>::infinity();
    for (int b = 0; b < config.branches; ++b)
        best = std::max(
            best, try_action(environment, state, ranking, policy, further, rng.fork(static_cast<std::uint64_t>(b)))
                      .value);
    return reward.value + config.discount * best;
}

Sampled sample(const Environment& environment, const State& state, const Ranking& ranking, Policy policy,
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
            trajectories[static_cast<std::size_t>(b)] = try_action(environment, state, ranking, policy, config,
                                                                   round_rng.fork(static_cast<std::uint64_t>(b)));
        });
        double round_best = -std::numeric_limits<double>::infinity();
        for (Trajectory& trajectory : trajectories) {
            round_best = std::max(round_best, trajectory.value);
            replay.offer(std::move(trajectory));
        }
        sampled.round_values.push_back(round_best);
        if (round_best > best) {
            best = round_best;
            policy = toward(policy, replay.best().front().action, config.rate, config.clip);
        }
        sampled.interrupted = interrupted();
        progress((round + 1.0) / config.rounds);
    }
    sampled.replay = replay.best();
    sampled.policy = std::move(policy);
    return sampled;
}

namespace {

StepRecord step_from_json(const nlohmann::json& json)
{
    StepRecord record;
    record.removed = json.at("removed").get<graph::KeptGroups>();
    record.policy = json.at("policy").get<Policy>();
    record.reward.accuracy = json.at("accuracy").get<double>();
    record.reward.value = json.at("reward").get<double>();
    record.value = json.at("value").get<double>();
    record.exploration = json.at("exploration").get<double>();
    record.explored = json.at("explored").get<bool>();
    record.reset = json.at("reset").get<bool>();
    record.round_values = json.at("round_values").get<std::vector<double>>();
    return record;
}

/// Whether a step takes groups that are there and leaves every layer one.
bool fits(const StepRecord& record, graph::KeptGroups& kept)
{
    if (record.removed.size() != kept.size() || record.policy.size() != kept.size())
        return false;
    for (std::size_t l = 0; l < kept.size(); ++l) {
        for (const int group : record.removed[l]) {
            const auto found = std::find(kept[l].begin(), kept[l].end(), group);
            if (found == kept[l].end())
                return false;
            kept[l].erase(found);
        }
        if (kept[l].empty())
            return false;
    }
    return true;
}

} // namespace

nlohmann::json to_json(const StepRecord& record)
{
    return {
        { "removed", record.removed },     { "policy", record.policy }, { "accuracy", record.reward.accuracy },
        { "reward", record.reward.value }, { "value", record.value },   { "exploration", record.exploration },
        { "explored", record.explored },   { "reset", record.reset },   { "round_values", record.round_values }
    };
}

SearchLog::SearchLog(std::string path, bool resume, nlohmann::json run, const graph::KeptGroups& whole)
    : path_(std::move(path)), run_(std::move(run))
{
    if (resume && !path_.empty() && std::filesystem::exists(path_))
        read(whole);
}

void SearchLog::read(const graph::KeptGroups& whole)
{
    const Error damaged{ { "damaged search log", path_, "",
                           "a log that this method wrote; delete it to start over" } };
    nlohmann::json run;
    try {
        const auto json = nlohmann::json::parse(read_file(path_));
        run = json.at("run");
        for (const auto& step : json.at("steps"))
            steps_.push_back(step_from_json(step));
    } catch (const nlohmann::json::exception&) {
        throw damaged;
    }
    for (const auto& [key, value] : run_.items())
        if (!run.contains(key) || run[key] != value)
            throw Error{ { "search log belongs to another run", path_,
                           key + " " + (run.contains(key) ? run[key].dump() : "absent"), value.dump() } };
    graph::KeptGroups kept = whole;
    for (const StepRecord& step : steps_)
        if (!fits(step, kept))
            throw damaged;
}

void SearchLog::append(StepRecord record)
{
    steps_.push_back(std::move(record));
    if (path_.empty())
        return;
    nlohmann::json steps = nlohmann::json::array();
    for (const StepRecord& step : steps_)
        steps.push_back(to_json(step));
    write_text_atomically(path_, nlohmann::json{ { "run", run_ }, { "steps", std::move(steps) } }.dump());
}

} // namespace prunedamr::prune::rl
