// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/rewrite/channel_layers.h"
#include "prunedamr/prune/budget.h"

#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace prunedamr::prune {

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

} // namespace prunedamr::prune
