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
    Greedy(const LayerValues& values, const std::vector<LimitedCost>& costs,
           const std::function<bool(const Widths&)>& allowed)
        : values_(values), costs_(costs), allowed_(allowed)
    {
    }

    Order by_giving() const
    {
        Widths widths(values_.size(), 1);
        Order order;
        while (const auto next = most_worth(widths, [](std::size_t) { return true; })) {
            ++widths[*next];
            order.push_back(*next);
        }
        return order;
    }

    Order by_taking() const
    {
        Widths widths;
        for (std::size_t l = 0; l < values_.size(); ++l)
            widths.push_back(whole(l));
        Order order;
        while (const auto next = least_worth(widths, values_.size())) {
            --widths[*next];
            order.push_back(*next);
        }
        std::reverse(order.begin(), order.end());
        return order;
    }

    /// The widths after as many groups of `order` as are allowed.
    Widths follow(const Order& order) const
    {
        const auto after = [&](std::size_t given) {
            Widths widths(values_.size(), 1);
            for (std::size_t i = 0; i < given; ++i)
                ++widths[order[i]];
            return widths;
        };
        std::size_t fits = 0, too_many = order.size() + 1;
        while (too_many - fits > 1) {
            const std::size_t middle = fits + (too_many - fits) / 2;
            (allowed_(after(middle)) ? fits : too_many) = middle;
        }
        return after(fits);
    }

    void fill(Widths& widths) const
    {
        const auto fits = [&](std::size_t l) {
            ++widths[l];
            const bool fine = allowed_(widths);
            --widths[l];
            return fine;
        };
        while (const auto next = most_worth(widths, fits))
            ++widths[*next];
    }

    /// One group more or less in one layer, the others follow: what makes the objective larger stays.
    void exchange(Widths& widths) const
    {
        constexpr int kMostSweeps = 5;
        bool better = true;
        for (int sweep = 0; better && sweep < kMostSweeps; ++sweep) {
            better = false;
            for (std::size_t l = 0; l < widths.size(); ++l)
                for (const int change : { 1, -1 }) {
                    const auto changed = with_change(widths, l, change);
                    if (!changed || objective(values_, *changed) <= objective(values_, widths) + 1e-9)
                        continue;
                    widths = *changed;
                    better = true;
                }
        }
    }

private:
    int whole(std::size_t l) const { return static_cast<int>(values_[l].size()) - 1; }

    double density_of_one_more(const Widths& widths, std::size_t l) const
    {
        const auto width = static_cast<std::size_t>(widths[l]);
        double price = 0.0;
        for (const LimitedCost& limited : costs_)
            price += limited.cost.of_one_more(widths, l) / limited.limit;
        return (values_[l][width + 1] - values_[l][width]) / std::max(price, 1e-300);
    }

    /// The layer among those that `may` whose next group gains most per cost.
    std::optional<std::size_t> most_worth(const Widths& widths, const std::function<bool(std::size_t)>& may) const
    {
        std::optional<std::size_t> best;
        double best_density = -1.0;
        for (std::size_t l = 0; l < widths.size(); ++l) {
            if (widths[l] == whole(l))
                continue;
            const double density = density_of_one_more(widths, l);
            if (density > best_density && may(l)) {
                best = l;
                best_density = density;
            }
        }
        return best;
    }

    /// The layer but `spared` whose last group loses least per cost.
    std::optional<std::size_t> least_worth(Widths& widths, std::size_t spared) const
    {
        std::optional<std::size_t> least;
        double least_density = std::numeric_limits<double>::infinity();
        for (std::size_t l = 0; l < widths.size(); ++l) {
            if (widths[l] < 2 || l == spared)
                continue;
            --widths[l];
            const double density = density_of_one_more(widths, l);
            ++widths[l];
            if (density < least_density) {
                least = l;
                least_density = density;
            }
        }
        return least;
    }

    std::optional<Widths> with_change(Widths widths, std::size_t l, int change) const
    {
        widths[l] += change;
        if (widths[l] < 1 || widths[l] > whole(l))
            return std::nullopt;
        while (!allowed_(widths)) {
            const auto next = least_worth(widths, l);
            if (!next)
                return std::nullopt;
            --widths[*next];
        }
        fill(widths);
        return widths;
    }

    const LayerValues& values_;
    const std::vector<LimitedCost>& costs_;
    const std::function<bool(const Widths&)>& allowed_;
};

} // namespace

double objective(const LayerValues& values, const Widths& widths)
{
    double sum = 0.0;
    for (std::size_t l = 0; l < widths.size(); ++l)
        sum += values[l][static_cast<std::size_t>(widths[l])];
    return sum;
}

std::optional<Widths> choose_widths(const LayerValues& values, const std::vector<LimitedCost>& costs,
                                    const std::function<bool(const Widths&)>& allowed, bool refine)
{
    if (!allowed(Widths(values.size(), 1)))
        return std::nullopt;
    const Greedy greedy(values, costs, allowed);
    std::optional<Widths> best;
    for (const Order& order : { greedy.by_giving(), greedy.by_taking() }) {
        Widths widths = greedy.follow(order);
        if (refine) {
            greedy.fill(widths);
            greedy.exchange(widths);
        }
        if (!best || objective(values, widths) > objective(values, *best))
            best = std::move(widths);
    }
    return best;
}

} // namespace prunedamr::prune
