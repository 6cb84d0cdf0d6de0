// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/catro/width_cost.h"

namespace prunedamr::prune {

WidthCost::WidthCost(const graph::Network& network, const std::vector<graph::ChannelLayer>& layers,
                     Budget::Quantity quantity)
    : linear_(layers.size()), squares_(layers.size()), products_(layers.size())
{
    // The coefficients of a polynomial of the second degree, from its values at 0, e_l, 2 e_l and e_l + e_m.
    const graph::PrunedCost thinned(network, layers);
    std::vector<int> widths(layers.size(), 0);
    const auto at = [&] { return counted(thinned.of(widths), network.units.size(), quantity); };
    constant_ = at();
    for (std::size_t l = 0; l < layers.size(); ++l) {
        widths[l] = 1;
        const double one = at() - constant_;
        widths[l] = 2;
        const double two = at() - constant_;
        widths[l] = 0;
        squares_[l] = two / 2.0 - one;
        linear_[l] = one - squares_[l];
    }
    for (std::size_t l = 0; l < layers.size(); ++l)
        for (std::size_t m = 0; m < l; ++m) {
            widths[l] = widths[m] = 1;
            const double product = at() - constant_ - alone(l, 1) - alone(m, 1);
            widths[l] = widths[m] = 0;
            if (product != 0.0)
                products_[l][m] = products_[m][l] = product;
        }
}

double WidthCost::alone(std::size_t l, int width) const
{
    return (linear_[l] + squares_[l] * width) * width;
}

double WidthCost::of(const std::vector<int>& widths) const
{
    double sum = constant_;
    for (std::size_t l = 0; l < widths.size(); ++l) {
        sum += alone(l, widths[l]);
        for (const auto& [m, product] : products_[l])
            if (m < l)
                sum += product * widths[l] * widths[m];
    }
    return sum;
}

double WidthCost::of_one_more(const std::vector<int>& widths, std::size_t l) const
{
    double sum = alone(l, widths[l] + 1) - alone(l, widths[l]);
    for (const auto& [m, product] : products_[l])
        sum += product * widths[m];
    return sum;
}

} // namespace prunedamr::prune
