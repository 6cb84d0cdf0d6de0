// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/catro/catro.h"

#include <algorithm>
#include <cmath>
#include <limits>

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
        while (const auto next = best_increment(widths, [](std::size_t) { return true; })) {
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
        while (const auto next = cheapest_decrement(widths, values_.size())) {
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
        while (const auto next = best_increment(widths, fits))
            ++widths[*next];
    }

    /// One group more or less in one layer, the others follow: what makes the objective larger stays.
    void exchange(Widths& widths) const
    {
        constexpr int kMaxSweeps = 5;
        bool better = true;
        for (int sweep = 0; better && sweep < kMaxSweeps; ++sweep) {
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
    std::optional<std::size_t> best_increment(const Widths& widths,
                                              const std::function<bool(std::size_t)>& may) const
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
    std::optional<std::size_t> cheapest_decrement(Widths& widths, std::size_t spared) const
    {
        std::optional<std::size_t> lowest;
        double lowest_density = std::numeric_limits<double>::infinity();
        for (std::size_t l = 0; l < widths.size(); ++l) {
            if (widths[l] < 2 || l == spared)
                continue;
            --widths[l];
            const double density = density_of_one_more(widths, l);
            ++widths[l];
            if (density < lowest_density) {
                lowest = l;
                lowest_density = density;
            }
        }
        return lowest;
    }

    std::optional<Widths> with_change(Widths widths, std::size_t l, int change) const
    {
        widths[l] += change;
        if (widths[l] < 1 || widths[l] > whole(l))
            return std::nullopt;
        while (!allowed_(widths)) {
            const auto next = cheapest_decrement(widths, l);
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

namespace {

/// Upper bound of max_x sum_l u_l(x_l) - sum_(l,m) p_lm x_l x_m: every u_l is shared among the pairs that l is in,
/// each pair is maximized on its own, and sharing is moved about so that the sum falls.
class PairwiseBound
{
public:
    PairwiseBound(const LayerValues& values, const WidthCost& cost, double price)
    {
        for (std::size_t l = 0; l < values.size(); ++l) {
            std::vector<double> worth; // of widths 1, 2, ...
            for (std::size_t x = 1; x < values[l].size(); ++x)
                worth.push_back(values[l][x] - price * cost.alone(l, static_cast<int>(x)));
            const auto& neighbors = cost.neighbors(l);
            if (neighbors.empty())
                lone_ += *std::max_element(worth.begin(), worth.end());
            for (double& w : worth)
                w /= std::max<double>(1.0, static_cast<double>(neighbors.size()));
            for (const auto& [m, product] : neighbors)
                terms_[{ l, m }] = { worth, price * product };
        }
    }

    double after(int sweeps)
    {
        for (int i = 0; i < sweeps; ++i)
            sweep();
        double sum = lone_;
        for (const auto& [pair, term] : terms_)
            if (pair.first < pair.second) {
                const auto best = best_by_width(pair);
                sum += *std::max_element(best.begin(), best.end());
            }
        return sum;
    }

private:
    using Pair = std::pair<std::size_t, std::size_t>;
    struct PairTerm {
        std::vector<double> worth; ///< [width - 1] of the pair's first layer
        double product = 0.0;
    };

    /// The pair's best for every width of its first layer.
    std::vector<double> best_by_width(const Pair& pair) const
    {
        const PairTerm& mine = terms_.at(pair);
        const std::vector<double>& other = terms_.at({ pair.second, pair.first }).worth;
        std::vector<double> best = mine.worth;
        for (std::size_t x = 0; x < best.size(); ++x) {
            const double slope = mine.product * static_cast<double>(x + 1);
            double highest = other[0] - slope;
            for (std::size_t y = 1; y < other.size(); ++y)
                highest = std::max(highest, other[y] - slope * static_cast<double>(y + 1));
            best[x] += highest;
        }
        return best;
    }

    /// Makes all pairs of a layer agree on what each of its widths is worth: their sum stays, the maxima fall.
    void sweep()
    {
        for (auto first = terms_.begin(); first != terms_.end();) {
            auto last = first;
            std::vector<std::vector<double>> best;
            for (; last != terms_.end() && last->first.first == first->first.first; ++last)
                best.push_back(best_by_width(last->first));
            for (std::size_t x = 0; x < best[0].size(); ++x) {
                double mean = 0.0;
                for (const auto& of_pair : best)
                    mean += of_pair[x] / static_cast<double>(best.size());
                auto term = first;
                for (const auto& of_pair : best)
                    (term++)->second.worth[x] += mean - of_pair[x];
            }
            first = last;
        }
    }

    std::map<Pair, PairTerm> terms_; ///< by (layer, neighbor)
    double lone_ = 0.0;
};

} // namespace

double objective_bound(const LayerValues& values, const LimitedCost& limited)
{
    constexpr int kSweeps = 5, kPrices = 25;
    double whole = 0.0;
    for (const auto& of_layer : values)
        whole += of_layer.back();
    const double spare = limited.limit - limited.cost.constant();
    const auto bound_at = [&](double log_price) {
        const double price = std::exp(log_price);
        return price * spare + PairwiseBound(values, limited.cost, price).after(kSweeps);
    };
    // Every price gives a bound; it has one valley, found by golden section.
    const double ratio = 0.5 * (std::sqrt(5.0) - 1.0), typical = std::log((whole + 1e-300) / limited.limit);
    double low = typical - 9.0, high = typical + 5.0;
    double left = high - ratio * (high - low), right = low + ratio * (high - low);
    double at_left = bound_at(left), at_right = bound_at(right);
    double lowest = std::min({ whole, at_left, at_right });
    for (int i = 2; i < kPrices; ++i) {
        if (at_left < at_right) {
            high = right;
            right = left;
            at_right = at_left;
            at_left = bound_at(left = high - ratio * (high - low));
        } else {
            low = left;
            left = right;
            at_left = at_right;
            at_right = bound_at(right = low + ratio * (high - low));
        }
        lowest = std::min({ lowest, at_left, at_right });
    }
    return lowest;
}

} // namespace prunedamr::prune
