// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"
#include "prunedamr/graph/rewrite/channel_layers.h"
#include "prunedamr/prune/rl/taylor.h"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <vector>

namespace prunedamr::prune::rl {

/// The prune distribution of RL-Pruner: for each channel layer the fraction of the filters to remove next.
/// Positive, sums to 1. A "filter" is a removable channel group here: what shortcuts tie is one filter, and the
/// averaging of the paper inside such groups holds by construction.
using Policy = std::vector<double>;

constexpr double kMinFraction = 1e-5; ///< before renormalization

/// Fractions proportional to the widths (filters of each layer), at least one of which is positive.
Policy by_width(const std::vector<int>& widths);

/// An action: policy + N(0, 1) per layer * sigma * U(0, 1), one for all layers; at least `kMinFraction`;
/// renormalized.
Policy noisy(const Policy& policy, double sigma, Rng& rng);

/// The update: policy + rate * (best - policy); each fraction's ratio to its old value within [1 - clip, 1 + clip]; at
/// least `kMinFraction`; renormalized before and after clipping.
Policy toward(const Policy& policy, const Policy& best, double rate, double clip);

/// The layers that lose a filter, one after the other, so that after n removals layer l has lost round(m *
/// action[l]) for the m that makes the sum n, and none more than `removable[l]` (Webster's method of apportionment:
/// the next goes to the largest action[l] / (2 lost[l] + 1); among equals to the first layer). Exact where no
/// rounding of the fractions meets n, and a smaller n gives a prefix. Shorter than n when fewer are removable.
std::vector<int> removal_order(const Policy& action, const std::vector<int>& removable, int n);

/// Chance of a random choice from the replay buffer: epsilon * (1 + cos(pi * step / decay)) / 2 in the first tenth
/// of all steps (decay = steps / 10, step from 0), then 0.
double exploration(double epsilon, int step, int steps);

struct Reward {
    double value = 0.0;    ///< r(s)
    double accuracy = 0.0; ///< 0..1, of the frames rewarded with
};

/// Kept groups of each layer, those to be removed first at the front.
using Ranking = std::vector<std::vector<int>>;

/// What the search acts upon. Several threads call it at once.
class Environment
{
public:
    virtual ~Environment() = default;

    virtual Ranking ranking(const State& state) const = 0;
    /// One step of removals, spread over the layers by the action; shortened where it ends the pruning.
    virtual State step(const State& state, const Ranking& ranking, const Policy& action) const = 0;
    virtual Reward reward(const State& state) const = 0;
    /// No further step is wanted.
    virtual bool is_terminal(const State& state) const = 0;
};

/// Values of the paper.
struct SearchConfig {
    int rounds = 10;       ///< trajectory sets of a step; the policy may learn after each
    int branches = 10;     ///< b, actions tried at each depth; also the size of the replay buffer
    int depth = 1;         ///< d, steps that a trajectory looks ahead
    double sigma = 0.04;   ///< of the action noise
    double rate = 0.1;     ///< lambda of the update
    double discount = 0.9; ///< gamma
    double clip = 0.2;     ///< delta of the update
    int threads = 1;       ///< branches looked at side by side; 0: all cores
};

/// One action from the present state and what it is worth.
struct Trajectory {
    double value = 0.0; ///< Q
    Reward reward;      ///< of `state`
    Policy action;
    State state; ///< after the action
};

/// The trajectories of highest value, best first; among equals the earlier one.
class ReplayBuffer
{
public:
    explicit ReplayBuffer(int size) : size_(static_cast<std::size_t>(size)) {}

    void offer(Trajectory trajectory);
    const std::vector<Trajectory>& best() const { return best_; }

private:
    std::size_t size_;
    std::vector<Trajectory> best_;
};

/// Q of a state d steps deep: r(s) + gamma * max over b actions of Q one step further. A finished state stays as it
/// is: its reward counts at every remaining depth.
double state_value(const Environment& environment, const State& state, const Reward& reward, const Policy& policy, int depth,
                   const SearchConfig& config, const Rng& rng);

struct Sampled {
    std::vector<Trajectory> replay;   ///< best first, not empty
    Policy policy;                    ///< after learning
    std::vector<double> round_values; ///< best Q of each round
    bool interrupted = false;
};

/// One step of the search: in each round b trajectories; whenever the best Q so far improves, the policy moves
/// toward the best action. Same generator, same result, whatever the number of threads.
/// `progress` receives the fraction done.
/// An interrupt (see `InterruptGuard`) ends it after the present round.
Sampled sample(const Environment& environment, const State& state, const Ranking& ranking, Policy policy,
               const SearchConfig& config, const Rng& rng, const std::function<void(double)>& progress);

/// What one step of the search came to.
struct StepRecord {
    graph::KeptGroups removed; ///< groups of each layer, indices of the original
    Policy policy;             ///< after learning
    Reward reward;             ///< of the chosen network, not trained since
    double value = 0.0;        ///< its Q
    double exploration = 0.0;  ///< chance of a random choice
    bool explored = false;     ///< chosen at random
    bool reset = false;        ///< accuracy fell too far: the policy was reset and the step sampled again
    std::vector<double> round_values;
};

nlohmann::json to_json(const StepRecord& record);

/// Steps taken so far, in a JSON file, so that a resumed run goes on where it was stopped.
class SearchLog
{
public:
    /// `run` says what makes the run the run that it is; `path` may be empty: nothing is kept then. With `resume`
    /// an existing file is read; throws `Error` when it is damaged or of another run.
    SearchLog(std::string path, bool resume, nlohmann::json run, const graph::KeptGroups& whole);

    const std::vector<StepRecord>& steps() const { return steps_; }
    void append(StepRecord record); ///< and writes the file, atomically

private:
    void read(const graph::KeptGroups& whole);

    std::string path_;
    nlohmann::json run_;
    std::vector<StepRecord> steps_;
};

} // namespace prunedamr::prune::rl
