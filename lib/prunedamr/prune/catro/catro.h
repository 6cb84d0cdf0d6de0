// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/graph/rewrite/channel_layers.h"
#include "prunedamr/prune/budget.h"
#include "prunedamr/prune/features.h"
#include "prunedamr/prune/prune_context.h"

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::prune {

/// How far apart classes lie in each channel, and how far the samples of one class. A channel's feature is the
/// vector of its values over all positions, x_nk; with m_ck the mean of class c, m_k that of all samples:
///   within_k = 2 sum_c sum_{n in c} |x_nk - m_ck|^2,   between_k + within_k = 2 sum_n |x_nk - m_k|^2.
struct Scatter {
    std::vector<double> between, within; ///< [channels], >= 0
};

/// Gathers the scatter of one activation class by class, in O(samples * channels * positions).
class ScatterSums
{
public:
    ScatterSums(std::int64_t channels, std::int64_t positions);

    /// Samples of the present class: [samples, channels, positions] float32.
    void add(const float* features, std::int64_t samples);
    void end_class();

    Scatter scatter() const; ///< of the classes that have ended

private:
    /// Sums over samples: of the values [channels, positions], of their squares [channels].
    struct Moments {
        std::int64_t samples = 0;
        std::vector<double> sum, squares;

        std::vector<double> scatter(std::int64_t positions) const; ///< sum of squared deviations from the mean
    };

    std::int64_t positions_;
    Moments class_, all_;
    std::vector<double> within_;
};

/// Where a producing node's channels are looked at: its output after the norms and activations that follow it, as
/// long as each is the only reader.
std::string measured_node(const graph::Network& network, const std::string& producer);

/// Scatter of the groups of each layer, in inference mode. A group's scatter is the sum of those of its members: of
/// all their values as one long feature.
std::vector<Scatter> layer_scatter(const graph::Network& network, const std::vector<graph::ChannelLayer>& layers,
                                   const dataset::Dataset& dataset, const ClassFrames& frames,
                                   const std::string& device);

/// J(I) = sum_I between_k / sum_I within_k, how well a set of channels tells the classes apart together; 0 for a
/// set without scatter between classes, at most 1e12.
double trace_ratio(const Scatter& scatter, const std::vector<int>& set);

struct TraceRatioSet {
    std::vector<int> set; ///< ascending
    double ratio = 0.0;
    int iterations = 0;
};

/// The `size` channels of largest trace ratio, by Dinkelbach's iteration: lambda <- J(I), I <- the `size` largest
/// between_k - lambda within_k, until lambda stands. lambda never falls, and where it stands no other set of that
/// size has a larger ratio. Channels that do not vary (1e-9 of the largest scatter) come last: they would not lower
/// the ratio, but they tell nothing. Ties go to the lower index. 1 <= size <= channels.
TraceRatioSet largest_trace_ratio(const Scatter& scatter, int size);

/// A counted quantity of a thinned network (macs, params, bytes) as a function of the widths x, the groups kept of
/// each layer: constant + sum_l linear_l x_l + sum_{l <= m} product_lm x_l x_m. No coefficient of x is negative, so
/// a group costs the more the wider its neighbors are.
class WidthCost
{
public:
    WidthCost(const graph::Network& network, const std::vector<graph::ChannelLayer>& layers,
              Budget::Quantity quantity);

    double of(const std::vector<int>& widths) const;
    /// What one more group of layer l adds.
    double of_one_more(const std::vector<int>& widths, std::size_t l) const;

    double constant() const { return constant_; }
    double alone(std::size_t l, int width) const; ///< linear_l x + product_ll x^2
    /// The other layers m of nonzero product_lm.
    const std::map<std::size_t, double>& neighbors(std::size_t l) const { return products_[l]; }
    std::size_t layers() const { return linear_.size(); }

private:
    double constant_ = 0.0;
    std::vector<double> linear_, squares_;
    std::vector<std::map<std::size_t, double>> products_; ///< both ways
};

/// What keeping x groups of layer l is worth: [l][x], x = 0..n_l, not falling with x. The objective of a choice of
/// widths is the sum over layers; where each row has diminishing returns it is submodular in the groups kept.
using LayerValues = std::vector<std::vector<double>>;

double objective(const LayerValues& values, const std::vector<int>& widths);

/// A quantity and what the budget allows of it.
struct LimitedCost {
    WidthCost cost;
    double limit = 0.0;
};

/// Widths, at least 1 each, of the largest objective that two greedy passes find: one gives groups to layers of
/// width 1, the other takes groups from whole layers, each time where the objective gains most (loses least) per
/// cost; costs are fractions of their limits, summed. `refine` gives whatever still fits, so that no layer could be
/// wider, and exchanges groups between layers while that helps; it asks `allowed` often. `allowed` must not become
/// true by widening. Nothing when width 1 throughout is too much.
std::optional<std::vector<int>> choose_widths(const LayerValues& values, const std::vector<LimitedCost>& costs,
                                              const std::function<bool(const std::vector<int>&)>& allowed,
                                              bool refine);

/// No widths of at least 1 whose cost keeps to the limit have a larger objective than this. The textbook bound of
/// greedy choice (1 - 1/e) needs costs that add up, and these do not: a group costs what its neighbors make it
/// cost. So the bound is computed: Lagrangian relaxation of the limit, the inner problem (pairwise between layers)
/// bounded by min-sum diffusion (Werner 2007, doi:10.1109/TPAMI.2007.1036).
double objective_bound(const LayerValues& values, const LimitedCost& limited);

struct CatroOptions {
    int samples_per_class = 100; ///< labeled frames of the train part, >= 2; all where there are fewer
};

/// What CATRO found of one channel layer.
struct CatroLayer {
    graph::ChannelLayer layer;
    Scatter scatter;          ///< [groups]
    std::vector<int> kept;    ///< groups, ascending
    double ratio = 0.0;       ///< trace ratio of the kept groups
    double whole_ratio = 0.0; ///< of all groups
};

struct CatroResult {
    std::vector<CatroLayer> layers;
    int samples = 0;        ///< labeled frames
    double objective = 0.0; ///< of the widths chosen, 0..layers
    double bound = 0.0;     ///< no widths within the budget reach more
    graph::PruningPlan plan;
};

/// Class-aware trace ratio channel pruning (CATRO, arXiv 2110.10921). Scatter of the channels over few labeled
/// samples; widths of the layers by greedy choice under the budget (`choose_widths`); in each layer the set of that
/// size whose trace ratio is largest (`largest_trace_ratio`). Channels tied by shortcuts are one group.
/// The objective of the widths is our reading, the paper's could not be checked: see `layer_value`.
/// Throws `Error` when the network has no channel to remove, a class has too few frames, or the budget cannot be
/// met.
CatroResult catro(const graph::Network& network, const dataset::Dataset& dataset, const ClassFrames& samples,
                  const Budget& budget, const std::string& device);
PruneResult catro(const PruneContext& context, const CatroOptions& options);

/// What x = 0..n groups of a layer are worth, 0 to 1: log(1 + sum of the x largest between_k / within_k), divided
/// by that of all groups. Evidence of independent channels adds up, what it adds to the decision falls off:
/// monotone and submodular. A layer without scatter between classes is worth 0 throughout.
std::vector<double> layer_value(const Scatter& scatter);

nlohmann::json to_json(const CatroResult& result);
std::string to_text(const CatroResult& result);

} // namespace prunedamr::prune
