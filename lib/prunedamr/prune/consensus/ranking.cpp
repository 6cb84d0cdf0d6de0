// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/consensus/consensus.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/progress.h"
#include "prunedamr/graph/rewrite/rewrite.h"
#include "prunedamr/prune/features.h"
#include "prunedamr/train/batches.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

namespace prunedamr::prune {
namespace {

/// Mean over all pairs of rankings; pairs of which nothing can be said do not count.
double mean_agreement(const std::vector<UnitRanking>& rankings,
                      const std::function<const std::vector<double>&(const UnitRanking&)>& values)
{
    double sum = 0.0;
    int pairs = 0;
    for (std::size_t i = 0; i < rankings.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            const double agreement = spearman(values(rankings[i]), values(rankings[j]));
            if (std::isnan(agreement))
                continue;
            sum += agreement;
            ++pairs;
        }
    }
    return pairs > 0 ? sum / pairs : std::numeric_limits<double>::quiet_NaN();
}

} // namespace

std::vector<double> average_ranks(const std::vector<double>& values)
{
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    std::vector<double> ranks(values.size());
    for (std::size_t first = 0, last; first < order.size(); first = last) {
        for (last = first + 1; last < order.size() && values[order[last]] == values[order[first]];)
            ++last;
        for (std::size_t i = first; i < last; ++i)
            ranks[order[i]] = 0.5 * static_cast<double>(first + 1 + last);
    }
    return ranks;
}

double spearman(const std::vector<double>& a, const std::vector<double>& b)
{
    PRUNEDAMR_CHECK(a.size() == b.size(), "rankings of the same things");
    const std::vector<double> x = average_ranks(a), y = average_ranks(b);
    const double mean = 0.5 * (static_cast<double>(a.size()) + 1.0); // ties do not move it
    double xy = 0.0, xx = 0.0, yy = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        xy += (x[i] - mean) * (y[i] - mean);
        xx += (x[i] - mean) * (x[i] - mean);
        yy += (y[i] - mean) * (y[i] - mean);
    }
    return xy / std::sqrt(xx * yy);
}

void add_ranks(UnitRanking& ranking)
{
    ranking.ranks.clear();
    ranking.consensus.assign(ranking.units.size(), 0.0);
    for (const std::vector<double>& distance : ranking.distances) {
        ranking.ranks.push_back(average_ranks(distance));
        std::transform(ranking.consensus.begin(), ranking.consensus.end(), ranking.ranks.back().begin(),
                       ranking.consensus.begin(), std::plus<>());
    }
}

int Stability::best_single() const
{
    int best = -1;
    for (std::size_t m = 0; m < singles.size(); ++m) {
        if (!std::isnan(singles[m]) && (best < 0 || singles[m] > singles[static_cast<std::size_t>(best)]))
            best = static_cast<int>(m);
    }
    return best;
}

Stability stability_of(const std::vector<UnitRanking>& rankings, int frames)
{
    PRUNEDAMR_CHECK(!rankings.empty(), "at least one ranking");
    Stability stability;
    stability.sets = static_cast<int>(rankings.size());
    stability.frames = frames;
    stability.consensus = mean_agreement(
        rankings, [](const UnitRanking& ranking) -> const std::vector<double>& { return ranking.consensus; });
    for (std::size_t m = 0; m < rankings.front().distances.size(); ++m)
        stability.singles.push_back(
            mean_agreement(rankings, [m](const UnitRanking& ranking) -> const std::vector<double>& {
                return ranking.distances[m];
            }));
    return stability;
}

std::vector<std::string> candidate_units(const graph::Network& network)
{
    const auto shapes = graph::infer_shapes(network);
    std::vector<std::string> names;
    for (const graph::Unit& unit : network.units) {
        if (unit.removable && !unit.transition &&
            shapes.at(graph::unit_input(network, unit)) == shapes.at(unit.nodes.back()))
            names.push_back(unit.name);
    }
    return names;
}

UnitRanking rank_units(const graph::Network& network, const dataset::Dataset& dataset,
                       const std::vector<std::int64_t>& frames, const std::vector<std::string>& names,
                       const std::string& device, const std::string& title)
{
    UnitRanking ranking;
    ranking.units = candidate_units(network);
    ranking.distances.assign(names.size(), {});
    const at::Tensor labels = train::labels_of(dataset, frames);
    const at::Tensor whole = classifier_features(network, dataset, frames, device);
    Progress progress(title, std::max<int>(1, static_cast<int>(ranking.units.size())));
    for (const std::string& unit : ranking.units) {
        const at::Tensor without = classifier_features(graph::remove_unit(network, unit), dataset, frames, device);
        for (std::size_t m = 0; m < names.size(); ++m)
            ranking.distances[m].push_back(distance_named(names[m]).of(whole, without, labels));
        progress.step_done(unit);
    }
    add_ranks(ranking);
    return ranking;
}

} // namespace prunedamr::prune
