// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/psr/psr.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/prune/psr/similarity.h"
#include "prunedamr/train/batches.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace prunedamr::prune {
namespace {

/// What keeping so many units of each block costs at least.
class CostBounds
{
public:
    explicit CostBounds(const graph::Network& network) : network_(network), costs_(network) {}

    double least(Budget::Quantity quantity, const std::vector<int>& block_sizes, const std::vector<int>& keep) const
    {
        double sum = counted(costs_.whole(), network_.units.size(), quantity);
        std::vector<double> least_cost;
        for (const graph::Unit& unit : network_.units) {
            const bool always_kept = !unit.removable && !unit.transition;
            sum -= always_kept ? 0.0 : cost_of(unit, quantity);
            least_cost.push_back(always_kept ? 0.0 : least_of(unit, quantity));
        }
        auto first = least_cost.begin();
        for (std::size_t b = 0; b < block_sizes.size(); first += block_sizes[b++]) {
            std::sort(first, first + block_sizes[b]);
            sum = std::accumulate(first, first + keep[b], sum);
        }
        return sum;
    }

private:
    double cost_of(const graph::Unit& unit, Budget::Quantity quantity) const
    {
        return counted(costs_.of(unit.name), 1, quantity);
    }

    /// A transition unit of the stage may stand in for a kept one.
    double least_of(const graph::Unit& unit, Budget::Quantity quantity) const
    {
        double least = cost_of(unit, quantity);
        for (const graph::Unit& other : network_.units)
            if (other.stage == unit.stage && other.transition)
                least = std::min(least, cost_of(other, quantity));
        return least;
    }

    const graph::Network& network_;
    UnitCosts costs_;
};

/// Searches the largest number of chosen units that meets the budget, for one partition after another, and adds
/// what still fits.
class BudgetSearch
{
public:
    BudgetSearch(const graph::Network& network, const Budget& budget, SelectionConfig selection)
        : network_(network), budget_(budget), seed_(selection.seed), bounds_(network),
          selection_(network, std::move(selection))
    {
    }

    /// Fills choices and plan; false when even one unit per block is too much.
    bool run(const std::vector<int>& block_sizes, PsrResult& result)
    {
        const int blocks = static_cast<int>(block_sizes.size());
        for (int kept = static_cast<int>(network_.units.size()); kept >= blocks; --kept) {
            const std::vector<int> keep = share_units(block_sizes, kept);
            if (kept > blocks && !plausible(block_sizes, keep))
                continue;
            Selected selected = select(block_sizes, keep);
            const bool met = selected.met;
            take(std::move(selected), result);
            if (met) {
                fill(block_sizes, keep, result);
                return true;
            }
        }
        return false;
    }

private:
    struct Selected {
        std::vector<Choice> choices;
        graph::Plan plan;
        bool met = false;
    };

    Selected select(const std::vector<int>& block_sizes, const std::vector<int>& keep)
    {
        Selected selected;
        selected.choices = selection_.choose(block_sizes, keep);
        std::vector<int> chosen;
        for (const Choice& choice : selected.choices)
            chosen.insert(chosen.end(), choice.kept.begin(), choice.kept.end());
        selected.plan = reassembly_plan(network_, chosen, seed_);
        selected.met = budget_.met_by(graph::apply(network_, selected.plan));
        return selected;
    }

    static void take(Selected selected, PsrResult& result)
    {
        result.choices = std::move(selected.choices);
        result.plan = std::move(selected.plan);
    }

    /// The shares may leave room for a cheaper unit: one more of one block, the one with least of its units first,
    /// until none fits.
    void fill(const std::vector<int>& block_sizes, std::vector<int> keep, PsrResult& result)
    {
        std::vector<std::size_t> order(keep.size());
        std::iota(order.begin(), order.end(), std::size_t{ 0 });
        for (bool added = true; added;) {
            added = false;
            std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
                return keep[a] * block_sizes[b] < keep[b] * block_sizes[a];
            });
            for (std::size_t i = 0; i < order.size() && !added; ++i)
                added = add_one(block_sizes, keep, order[i], result);
        }
    }

    bool add_one(const std::vector<int>& block_sizes, std::vector<int>& keep, std::size_t block, PsrResult& result)
    {
        if (keep[block] == block_sizes[block])
            return false;
        ++keep[block];
        if (plausible(block_sizes, keep)) {
            Selected selected = select(block_sizes, keep);
            if (selected.met) {
                take(std::move(selected), result);
                return true;
            }
        }
        --keep[block];
        return false;
    }

    /// False when no choice of `keep` units per block can meet the budget; true does not promise that one does.
    bool plausible(const std::vector<int>& block_sizes, const std::vector<int>& keep) const
    {
        for (const Budget::Limit& limit : budget_.limits) {
            if (limit.quantity != Budget::Quantity::latency &&
                bounds_.least(limit.quantity, block_sizes, keep) > limit.limit)
                return false;
        }
        if (!budget_.limits_latency())
            return true;
        constexpr double kSlack = 1.2; // choices of as many units differ little in time
        return budget_.excess(graph::apply(network_, first_of_each(block_sizes, keep))) <= kSlack;
    }

    graph::Plan first_of_each(const std::vector<int>& block_sizes, const std::vector<int>& keep) const
    {
        std::vector<int> chosen;
        int first = 0;
        for (std::size_t b = 0; b < block_sizes.size(); first += block_sizes[b++])
            for (int i = 0; i < keep[b]; ++i)
                chosen.push_back(first + i);
        return reassembly_plan(network_, chosen, seed_);
    }

    const graph::Network& network_;
    const Budget& budget_;
    std::uint64_t seed_;
    CostBounds bounds_;
    Selection selection_;
};

/// Training frames for a score that reads them, else null.
std::shared_ptr<const train::Batch> score_frames(const dataset::Dataset& dataset, const PsrConfig& config)
{
    constexpr std::size_t kFrames = 64; // as arXiv 2101.08134
    if (!training_free_score(config.score).reads_frames)
        return nullptr;
    Rng rng = Rng(config.seed).fork(2);
    const auto frames = train::shuffled(dataset.indices(dataset::Part::train), rng);
    if (frames.size() < 2)
        throw Error{ { "too few training frames", "score " + config.score, std::to_string(frames.size()),
                       "2 or more" } };
    return std::make_shared<const train::Batch>(train::gather(dataset, frames, 0, kFrames));
}

} // namespace

PsrResult psr(const graph::Network& network, const dataset::Dataset& dataset, const Budget& budget,
              const PsrConfig& config)
{
    const int units = static_cast<int>(network.units.size());
    if (units < 2)
        throw Error{ { "nothing to prune", "network", std::to_string(units) + " units",
                       "2 or more" } };
    if (config.max_blocks < 1 || config.blocks < 0 || config.blocks > units)
        throw Error{ { "bad number of blocks", "psr",
                       std::to_string(config.blocks > 0 ? config.blocks : config.max_blocks),
                       "1.." + std::to_string(units) } };
    check_reachable(network, budget);

    PsrResult result;
    result.score = config.score;
    for (const graph::Unit& unit : network.units)
        result.units.push_back(unit.name);
    result.similarity = unit_similarity(network, dataset, { config.batches, 128, config.seed, config.device });
    for (const auto& row : result.similarity)
        result.sums.push_back(std::accumulate(row.begin(), row.end(), 0.0));
    const int max_blocks = std::min(units, std::max(config.max_blocks, config.blocks));
    result.losses = fisher_losses(result.sums, max_blocks);

    BudgetSearch search(
        network, budget,
        { config.paper_selection, config.seed, config.device, config.score, score_frames(dataset, config) });
    int blocks = config.blocks > 0 ? config.blocks : choose_blocks(result.sums, max_blocks);
    for (;; --blocks) {
        result.block_sizes = partition(result.sums, blocks, config.partition_rule, config.seed);
        if (search.run(result.block_sizes, result))
            break;
        if (config.blocks > 0 || blocks == 1)
            refuse_budget(budget, graph::apply(network, result.plan),
                          "the smallest with " + std::to_string(blocks) + " blocks");
    }
    result.plan.method = "psr";
    return result;
}

Outcome psr(const Task& task, const PsrConfig& options)
{
    PsrConfig config = options;
    config.seed = task.seed;
    config.device = task.fine_tune.device;
    const PsrResult result = psr(task.network, task.dataset, task.budget, config);
    return { result.plan, to_json(result), to_text(result) };
}

} // namespace prunedamr::prune
