// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/psr.h"

#include "prunedamr/base/error.h"
#include "prunedamr/prune/similarity.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace prunedamr::prune {
namespace {

/// Searches the largest number of chosen units that meets the budget, for one partition after another.
class BudgetSearch
{
public:
    BudgetSearch(const graph::Network& network, const Budget& budget, const PsrConfig& config)
        : network_(network), budget_(budget), seed_(config.seed), costs_(network, budget.quantity),
          selection_(network, { config.paper_selection, config.seed, config.device })
    {
        const double inf = std::numeric_limits<double>::infinity();
        std::map<int, double> transition; // cheapest of each stage: what may stand in for a kept unit
        for (const graph::Unit& unit : network.units) {
            double& least = transition.emplace(unit.stage, inf).first->second;
            if (unit.transition)
                least = std::min(least, costs_.of(unit.name));
        }
        fixed_ = costs_.whole();
        for (const graph::Unit& unit : network.units) {
            const bool always_kept = !unit.removable && !unit.transition;
            fixed_ -= always_kept ? 0.0 : costs_.of(unit.name);
            least_cost_.push_back(always_kept ? 0.0 : std::min(costs_.of(unit.name), transition.at(unit.stage)));
        }
    }

    /// Fills choices and plan; false when even one unit per block is too much.
    bool run(const std::vector<int>& block_sizes, PsrResult& result)
    {
        const int blocks = static_cast<int>(block_sizes.size());
        smallest_ = std::numeric_limits<double>::infinity();
        for (int kept = static_cast<int>(network_.units.size()); kept >= blocks; --kept) {
            const std::vector<int> keep = share_units(block_sizes, kept);
            if (kept > blocks && least(block_sizes, keep) > budget_.limit)
                continue;
            result.choices = selection_.choose(block_sizes, keep);
            std::vector<int> chosen;
            for (const Choice& choice : result.choices)
                chosen.insert(chosen.end(), choice.kept.begin(), choice.kept.end());
            result.plan = reassembly_plan(network_, chosen, seed_);
            smallest_ = costs_.after(result.plan);
            if (smallest_ <= budget_.limit)
                return true;
        }
        return false;
    }

    double smallest() const { return smallest_; } ///< what the last partition reached at best

private:
    /// No choice of `keep` units per block costs less than this.
    double least(const std::vector<int>& block_sizes, const std::vector<int>& keep) const
    {
        double sum = fixed_;
        auto first = least_cost_.begin();
        for (std::size_t b = 0; b < block_sizes.size(); first += block_sizes[b++]) {
            std::vector<double> block(first, first + block_sizes[b]);
            std::sort(block.begin(), block.end());
            sum = std::accumulate(block.begin(), block.begin() + keep[b], sum);
        }
        return sum;
    }

    const graph::Network& network_;
    const Budget& budget_;
    std::uint64_t seed_;
    UnitCosts costs_;
    Selection selection_;
    double fixed_ = 0.0;             ///< of everything that is in no removable unit
    std::vector<double> least_cost_; ///< of keeping each unit
    double smallest_ = 0.0;
};

} // namespace

PsrResult psr(const graph::Network& network, const data::Dataset& dataset, const Budget& budget,
              const PsrConfig& config)
{
    const int units = static_cast<int>(network.units.size());
    if (units < 2)
        throw Error{ { "nothing to prune", "network " + network.name, std::to_string(units) + " units",
                       "2 or more" } };
    if (config.max_blocks < 1 || config.blocks < 0 || config.blocks > units)
        throw Error{ { "bad number of blocks", "psr",
                       std::to_string(config.blocks > 0 ? config.blocks : config.max_blocks),
                       "1.." + std::to_string(units) } };
    check_reachable(network, budget);

    PsrResult result;
    for (const graph::Unit& unit : network.units)
        result.units.push_back(unit.name);
    result.similarity = unit_similarity(network, dataset, { config.batches, 128, config.seed, config.device });
    for (const auto& row : result.similarity)
        result.sums.push_back(std::accumulate(row.begin(), row.end(), 0.0));
    const int max_blocks = std::min(units, std::max(config.max_blocks, config.blocks));
    result.losses = fisher_losses(result.sums, max_blocks);

    BudgetSearch search(network, budget, config);
    int blocks = config.blocks > 0 ? config.blocks : choose_blocks(result.sums, max_blocks);
    for (;; --blocks) {
        result.block_sizes = fisher_partition(result.sums, blocks, config.partition_rule);
        if (search.run(result.block_sizes, result))
            break;
        if (config.blocks > 0 || blocks == 1)
            throw Error{ { "budget cannot be met with " + std::to_string(blocks) + " blocks",
                           "budget " + budget.text, std::to_string(std::llround(budget.limit)),
                           "at least " + std::to_string(std::llround(search.smallest())) + " " +
                               to_string(budget.quantity) } };
    }
    result.plan.method = "psr";
    return result;
}

} // namespace prunedamr::prune
