// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/catro/layer_budgets.h"

#include <algorithm>
#include <limits>

namespace prunedamr::prune {
namespace {

using Widths = std::vector<int>;
using Order = std::vector<std::size_t>; ///< layers that get one group each, one after the other

class Greedy
{
public:
    Greedy(const LayerValues& values, const std::vector<LimitedCost>& costs) : values_(values), costs_(costs) {}

    int whole(std::size_t l) const { return static_cast<int>(values_[l].size()) - 1; }

    Order by_giving() const
    {
        Widths widths(values_.size(), 1);
        Order order;
        for (;;) {
            const auto best = most_worth(widths, [&](std::size_t l) { return widths[l] < whole(l); });
            if (!best)
                return order;
            ++widths[*best];
            order.push_back(*best);
        }
    }

    Order by_taking() const
    {
        Widths widths, less;
        for (std::size_t l = 0; l < values_.size(); ++l)
            widths.push_back(whole(l));
        Order order;
        for (;;) {
            std::optional<std::size_t> least;
            double least_density = std::numeric_limits<double>::infinity();
            for (std::size_t l = 0; l < widths.size(); ++l) {
                if (widths[l] < 2)
                    continue;
                --widths[l];
                const double density = density_of_one_more(widths, l);
                ++widths[l];
                if (density < least_density) {
                    least = l;
                    least_density = density;
                }
            }
            if (!least)
                break;
            --widths[*least];
            order.push_back(*least);
        }
        std::reverse(order.begin(), order.end());
        return order;
    }

    /// The layer among those that `may` whose next group gains most per cost.
    std::optional<std::size_t> most_worth(const Widths& widths, const std::function<bool(std::size_t)>& may) const
    {
        std::optional<std::size_t> best;
        double best_density = -1.0;
        for (std::size_t l = 0; l < widths.size(); ++l) {
            if (!may(l))
                continue;
            const double density = density_of_one_more(widths, l);
            if (density > best_density) {
                best = l;
                best_density = density;
            }
        }
        return best;
    }

private:
    double density_of_one_more(const Widths& widths, std::size_t l) const
    {
        const auto width = static_cast<std::size_t>(widths[l]);
        double price = 0.0;
        for (const LimitedCost& limited : costs_)
            price += limited.cost.of_one_more(widths, l) / limited.limit;
        return (values_[l][width + 1] - values_[l][width]) / std::max(price, 1e-300);
    }

    const LayerValues& values_;
    const std::vector<LimitedCost>& costs_;
};

Widths after(const Order& order, std::size_t given, std::size_t layers)
{
    Widths widths(layers, 1);
    for (std::size_t i = 0; i < given; ++i)
        ++widths[order[i]];
    return widths;
}

} // namespace

double objective(const LayerValues& values, const Widths& widths)
{
    double sum = 0.0;
    for (std::size_t l = 0; l < widths.size(); ++l)
        sum += values[l][static_cast<std::size_t>(widths[l])];
    return sum;
}

std::optional<Widths> choose_widths(const LayerValues& values, const std::vector<LimitedCost>& costs,
                                    const std::function<bool(const Widths&)>& allowed, bool fill)
{
    const std::size_t layers = values.size();
    if (!allowed(Widths(layers, 1)))
        return std::nullopt;
    const Greedy greedy(values, costs);
    std::optional<Widths> best;
    for (const Order& order : { greedy.by_giving(), greedy.by_taking() }) {
        std::size_t fits = 0, too_many = order.size() + 1;
        while (too_many - fits > 1) {
            const std::size_t middle = fits + (too_many - fits) / 2;
            (allowed(after(order, middle, layers)) ? fits : too_many) = middle;
        }
        Widths widths = after(order, fits, layers);
        const auto one_more_fits = [&](std::size_t l) {
            if (widths[l] == greedy.whole(l))
                return false;
            Widths wider = widths;
            ++wider[l];
            return allowed(wider);
        };
        while (fill) {
            const auto next = greedy.most_worth(widths, one_more_fits);
            if (!next)
                break;
            ++widths[*next];
        }
        if (!best || objective(values, widths) > objective(values, *best))
            best = std::move(widths);
    }
    return best;
}

} // namespace prunedamr::prune
