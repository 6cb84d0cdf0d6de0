// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/rewrite/channel_layers.h"
#include "prunedamr/prune/budget.h"

#include <map>
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

} // namespace prunedamr::prune
