// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/psr/selection.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/progress.h"
#include "prunedamr/prune/psr/psr.h"
#include "prunedamr/train/batches.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace prunedamr::prune {
namespace {

/// C(n, k), or more than `limit` as soon as that is certain.
std::int64_t combinations(int n, int k, std::int64_t limit)
{
    k = std::min(k, n - k);
    std::int64_t count = 1;
    for (int i = 1; i <= k && count <= limit; ++i)
        count = count * (n - k + i) / i;
    return count;
}

/// The lexicographically next ascending combination out of 0..n-1; false after the last.
bool next_combination(std::vector<int>& chosen, int n)
{
    const int k = static_cast<int>(chosen.size());
    int i = k - 1;
    while (i >= 0 && chosen[i] == n - k + i)
        --i;
    if (i < 0)
        return false;
    std::iota(chosen.begin() + i, chosen.end(), chosen[i] + 1);
    return true;
}

} // namespace

std::vector<int> distribute_units(const std::vector<int>& block_sizes, int kept)
{
    const int blocks = static_cast<int>(block_sizes.size());
    const int units = std::accumulate(block_sizes.begin(), block_sizes.end(), 0);
    PRUNEDAMR_CHECK(blocks <= kept && kept <= units, "one unit per block, no more than there are");
    std::vector<int> counts(blocks, 1);
    for (int given = blocks; given < kept; ++given) {
        int neediest = -1;
        std::int64_t highest = 0;
        for (int b = 0; b < blocks; ++b) {
            // What is missing, times the number of units, to stay in integers.
            const std::int64_t missing = std::int64_t{ kept } * block_sizes[b] - std::int64_t{ counts[b] } * units;
            if (counts[b] < block_sizes[b] && (neediest < 0 || missing > highest)) {
                neediest = b;
                highest = missing;
            }
        }
        ++counts[neediest];
    }
    return counts;
}

Selection::Selection(const graph::Network& network, SelectionConfig config)
    : network_(network), config_(std::move(config)), score_(training_free_score(config_.score)), random_(network),
      tensors_of_unit_(network.units.size())
{
    PRUNEDAMR_CHECK(config_.frames || !score_.reads_frames, "frames for a score that reads them");
    if (!config_.frames)
        config_.frames = std::make_shared<const train::Batch>();
    graph::initialize(random_, fresh_seed(config_.seed));
    std::map<std::string, int> unit_of_node;
    for (std::size_t u = 0; u < network.units.size(); ++u) {
        for (const std::string& node : network.units[u].nodes)
            unit_of_node[node] = static_cast<int>(u);
    }
    for (const auto& [name, tensor] : network.tensors) {
        const auto unit = unit_of_node.find(name.substr(0, name.rfind('.')));
        if (unit != unit_of_node.end())
            tensors_of_unit_[unit->second].push_back(name);
    }
}

void Selection::copy_trained(graph::Network& target, int unit) const
{
    for (const std::string& name : tensors_of_unit_[unit])
        target.tensors[name] = network_.tensors.at(name);
}

double Selection::score(const graph::Network& copy) const
{
    return score_.of(copy, *config_.frames, config_.device);
}

BlockChoice Selection::choose_in_block(int first, int size, int keep, graph::Network& random)
{
    BlockChoice best;
    best.combinations = static_cast<int>(combinations(size, keep, kMaxCombinations));
    best.score = std::numeric_limits<double>::infinity() * (score_.largest ? -1.0 : 1.0);
    Progress progress("select among units " + std::to_string(first) + ".." + std::to_string(first + size - 1), 1);
    std::vector<int> chosen(keep);
    std::iota(chosen.begin(), chosen.end(), 0);
    int done = 0;
    do {
        graph::Network fresh;
        if (!config_.paper_selection)
            fresh = random_;
        graph::Network& copy = config_.paper_selection ? random : fresh;
        for (int unit : chosen)
            copy_trained(copy, first + unit);
        const double value = score(copy);
        if (std::isfinite(value) && (score_.largest ? value > best.score : value < best.score)) {
            best.score = value;
            best.kept = chosen;
        }
        progress.within_step(static_cast<double>(++done) / best.combinations);
    } while (next_combination(chosen, size));
    if (best.kept.empty())
        throw Error{ { "no combination of units has a finite score", "unit " + network_.units[first].name,
                       score_.name, "finite weights, or another score" } };
    for (int& unit : best.kept)
        unit += first;
    progress.step_done(std::to_string(best.combinations) + " combinations");
    return best;
}

std::vector<BlockChoice> Selection::choose(const std::vector<int>& block_sizes, const std::vector<int>& keep)
{
    for (std::size_t b = 0; b < block_sizes.size(); ++b) {
        if (combinations(block_sizes[b], keep[b], kMaxCombinations) > kMaxCombinations)
            throw Error{ { "too many combinations",
                           "block " + std::to_string(b + 1) + " of " + std::to_string(block_sizes.size()),
                           std::to_string(keep[b]) + " of " + std::to_string(block_sizes[b]) + " units",
                           "at most " + std::to_string(kMaxCombinations) +
                               " combinations (more blocks or another budget)" } };
    }
    graph::Network running = random_;
    std::vector<BlockChoice> choices;
    for (std::size_t b = 0, first = 0; b < block_sizes.size(); first += block_sizes[b++]) {
        const std::vector<int> key{ static_cast<int>(first), block_sizes[b], keep[b] };
        const auto known = decided_.find(key);
        if (!config_.paper_selection && known != decided_.end()) {
            choices.push_back(known->second);
            continue;
        }
        choices.push_back(choose_in_block(key[0], key[1], key[2], running));
        decided_[key] = choices.back();
    }
    return choices;
}

double UnitCostBounds::lower_bound(Budget::Quantity quantity, const std::vector<int>& block_sizes,
                                   const std::vector<int>& keep) const
{
    double sum = counted(costs_.whole(), network_.units.size(), quantity);
    std::vector<double> lowest;
    for (const graph::Unit& unit : network_.units) {
        const bool always_kept = !unit.removable && !unit.transition;
        sum -= always_kept ? 0.0 : cost_of(unit, quantity);
        lowest.push_back(always_kept ? 0.0 : lower_bound_of(unit, quantity));
    }
    auto first = lowest.begin();
    for (std::size_t b = 0; b < block_sizes.size(); first += block_sizes[b++]) {
        std::sort(first, first + block_sizes[b]);
        sum = std::accumulate(first, first + keep[b], sum);
    }
    return sum;
}

double UnitCostBounds::cost_of(const graph::Unit& unit, Budget::Quantity quantity) const
{
    return counted(costs_.of(unit.name), 1, quantity);
}

/// A transition unit of the stage may stand in for a kept one.
double UnitCostBounds::lower_bound_of(const graph::Unit& unit, Budget::Quantity quantity) const
{
    double lowest = cost_of(unit, quantity);
    for (const graph::Unit& other : network_.units)
        if (other.stage == unit.stage && other.transition)
            lowest = std::min(lowest, cost_of(other, quantity));
    return lowest;
}

BudgetSearch::BudgetSearch(const graph::Network& network, const Budget& budget, SelectionConfig selection)
    : network_(network), budget_(budget), seed_(selection.seed), bounds_(network),
      selection_(network, std::move(selection))
{
}

SelectedUnits BudgetSearch::run(const std::vector<int>& block_sizes)
{
    const int blocks = static_cast<int>(block_sizes.size());
    SelectedUnits selected;
    for (int kept = static_cast<int>(network_.units.size()); kept >= blocks && !selected.met; --kept) {
        const std::vector<int> keep = distribute_units(block_sizes, kept);
        if (kept > blocks && !plausible(block_sizes, keep))
            continue;
        selected = select(block_sizes, keep);
        if (selected.met)
            fill(block_sizes, keep, selected);
    }
    return selected;
}

SelectedUnits BudgetSearch::select(const std::vector<int>& block_sizes, const std::vector<int>& keep)
{
    SelectedUnits selected;
    selected.choices = selection_.choose(block_sizes, keep);
    std::vector<int> chosen;
    for (const BlockChoice& choice : selected.choices)
        chosen.insert(chosen.end(), choice.kept.begin(), choice.kept.end());
    selected.plan = reassembly_plan(network_, chosen, seed_);
    selected.met = budget_.met_by(graph::apply(network_, selected.plan));
    return selected;
}

/// The numbers may leave room for a cheaper unit: one more of one block, the one with least of its units first,
/// until none fits.
void BudgetSearch::fill(const std::vector<int>& block_sizes, std::vector<int> keep, SelectedUnits& selected)
{
    std::vector<std::size_t> order(keep.size());
    std::iota(order.begin(), order.end(), std::size_t{ 0 });
    for (bool added = true; added;) {
        added = false;
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return keep[a] * block_sizes[b] < keep[b] * block_sizes[a];
        });
        for (std::size_t i = 0; i < order.size() && !added; ++i)
            added = add_one(block_sizes, keep, order[i], selected);
    }
}

bool BudgetSearch::add_one(const std::vector<int>& block_sizes, std::vector<int>& keep, std::size_t block,
                           SelectedUnits& selected)
{
    if (keep[block] == block_sizes[block])
        return false;
    ++keep[block];
    if (plausible(block_sizes, keep)) {
        SelectedUnits larger = select(block_sizes, keep);
        if (larger.met) {
            selected = std::move(larger);
            return true;
        }
    }
    --keep[block];
    return false;
}

/// False when no choice of `keep` units per block can meet the budget; true does not promise that one does.
bool BudgetSearch::plausible(const std::vector<int>& block_sizes, const std::vector<int>& keep) const
{
    for (const Budget::Limit& limit : budget_.limits) {
        if (limit.quantity != Budget::Quantity::latency &&
            bounds_.lower_bound(limit.quantity, block_sizes, keep) > limit.limit)
            return false;
    }
    if (!budget_.limits_latency())
        return true;
    constexpr double kSlack = 1.2; // choices of as many units differ little in time
    return budget_.excess(graph::apply(network_, first_of_each(block_sizes, keep))) <= kSlack;
}

graph::PruningPlan BudgetSearch::first_of_each(const std::vector<int>& block_sizes,
                                               const std::vector<int>& keep) const
{
    std::vector<int> chosen;
    int first = 0;
    for (std::size_t b = 0; b < block_sizes.size(); first += block_sizes[b++])
        for (int i = 0; i < keep[b]; ++i)
            chosen.push_back(first + i);
    return reassembly_plan(network_, chosen, seed_);
}

} // namespace prunedamr::prune
