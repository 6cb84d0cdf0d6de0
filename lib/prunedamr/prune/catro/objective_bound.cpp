// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/catro/layer_budgets.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::prune {
namespace {

/// Upper bound of max_x sum_l u_l(x_l) - sum_(l,m) p_lm x_l x_m: every u_l is shared among the pairs that l is in,
/// each pair is maximised on its own, and sharing is moved about so that the sum falls.
class PairwiseBound
{
public:
    PairwiseBound(const LayerValues& values, const WidthCost& cost, double price)
    {
        for (std::size_t l = 0; l < values.size(); ++l) {
            std::vector<double> worth; // of widths 1, 2, ...
            for (std::size_t x = 1; x < values[l].size(); ++x)
                worth.push_back(values[l][x] - price * cost.alone(l, static_cast<int>(x)));
            const auto& neighbours = cost.neighbours(l);
            if (neighbours.empty())
                lone_ += *std::max_element(worth.begin(), worth.end());
            for (double& w : worth)
                w /= std::max<double>(1.0, static_cast<double>(neighbours.size()));
            for (const auto& [m, product] : neighbours)
                shares_[{ l, m }] = { worth, price * product };
        }
    }

    double after(int sweeps)
    {
        for (int i = 0; i < sweeps; ++i)
            sweep();
        double sum = lone_;
        for (const auto& [pair, share] : shares_)
            if (pair.first < pair.second) {
                const auto best = best_by_width(pair);
                sum += *std::max_element(best.begin(), best.end());
            }
        return sum;
    }

private:
    using Pair = std::pair<std::size_t, std::size_t>;
    struct Share {
        std::vector<double> worth; ///< [width - 1] of the pair's first layer
        double product = 0.0;
    };

    /// The pair's best for every width of its first layer.
    std::vector<double> best_by_width(const Pair& pair) const
    {
        const Share& mine = shares_.at(pair);
        const std::vector<double>& other = shares_.at({ pair.second, pair.first }).worth;
        std::vector<double> best = mine.worth;
        for (std::size_t x = 0; x < best.size(); ++x) {
            const double slope = mine.product * static_cast<double>(x + 1);
            double most = other[0] - slope;
            for (std::size_t y = 1; y < other.size(); ++y)
                most = std::max(most, other[y] - slope * static_cast<double>(y + 1));
            best[x] += most;
        }
        return best;
    }

    /// Makes all pairs of a layer agree on what each of its widths is worth: their sum stays, the maxima fall.
    void sweep()
    {
        for (auto first = shares_.begin(); first != shares_.end();) {
            auto last = first;
            std::vector<std::vector<double>> best;
            for (; last != shares_.end() && last->first.first == first->first.first; ++last)
                best.push_back(best_by_width(last->first));
            for (std::size_t x = 0; x < best[0].size(); ++x) {
                double mean = 0.0;
                for (const auto& of_pair : best)
                    mean += of_pair[x] / static_cast<double>(best.size());
                auto share = first;
                for (const auto& of_pair : best)
                    (share++)->second.worth[x] += mean - of_pair[x];
            }
            first = last;
        }
    }

    std::map<Pair, Share> shares_; ///< by (layer, neighbour)
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
    double least = std::min({ whole, at_left, at_right });
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
        least = std::min({ least, at_left, at_right });
    }
    return least;
}

} // namespace prunedamr::prune
