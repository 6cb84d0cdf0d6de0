// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"
#include "prunedamr/graph/rewrite/rewrite.h"
#include "prunedamr/prune/budget.h"
#include "prunedamr/prune/psr/scores.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace prunedamr::prune {

/// Which units of one block stay.
struct BlockChoice {
    std::vector<int> kept; ///< unit indices, ascending
    double score = 0.0;    ///< of the winner; SynFlow as of batch 128
    int combinations = 0;  ///< how many were compared
};

/// Distributes `kept` units over blocks in proportion to their sizes: at least one, at most the whole block;
/// the next unit goes where most is missing, the first block on ties.
/// blocks <= kept <= sum of sizes.
std::vector<int> distribute_units(const std::vector<int>& block_sizes, int kept);

struct SelectionConfig {
    bool paper_selection = false; ///< the random copy is never drawn again: scores depend on the order
    std::uint64_t seed = 1;       ///< of the random copy, by fresh_seed
    std::string device = "cpu";
    std::string score = "synflow";              ///< one of `training_free_scores`
    std::shared_ptr<const train::Batch> frames; ///< training frames for scores that read them; else it may be null
};

/// Step 2 of PSR: in each block, of all combinations of the units to keep, the one whose trained weights in a
/// random copy of the network give the best score (SynFlow: the smallest; others as `training_free_scores` says);
/// ties go to the lexicographically first. The random copy is drawn from the same seed for every combination, so
/// that only trained weights differ.
class Selection
{
public:
    static constexpr int kMaxCombinations = 200'000; ///< in one block

    /// Throws `Error` for an unknown score.
    Selection(const graph::Network& network, SelectionConfig config);

    /// One choice per block, keep[b] units of block b. Blocks already decided with the same number are not repeated
    /// (but for paper_selection). Throws `Error` naming the block when it has more than kMaxCombinations.
    std::vector<BlockChoice> choose(const std::vector<int>& block_sizes, const std::vector<int>& keep);

private:
    BlockChoice choose_in_block(int first, int size, int keep, graph::Network& random);
    void copy_trained(graph::Network& target, int unit) const;
    double score(const graph::Network& copy) const;

    const graph::Network& network_;
    SelectionConfig config_;
    const TrainingFreeScore& score_;
    graph::Network random_;
    std::vector<std::vector<std::string>> tensors_of_unit_;
    std::map<std::vector<int>, BlockChoice> decided_; ///< by {first unit, size, keep}
};

/// What costs of units say before any network is rewritten.
class UnitCostBounds
{
public:
    explicit UnitCostBounds(const graph::Network& network) : network_(network), costs_(network) {}

    /// What keeping so many units of each block costs at least; of a quantity that is counted, not measured.
    double lower_bound(Budget::Quantity quantity, const std::vector<int>& block_sizes,
                       const std::vector<int>& keep) const;

private:
    double cost_of(const graph::Unit& unit, Budget::Quantity quantity) const;
    double lower_bound_of(const graph::Unit& unit, Budget::Quantity quantity) const;

    const graph::Network& network_;
    UnitCosts costs_;
};

/// The chosen units of every block and the plan that leaves them.
struct SelectedUnits {
    std::vector<BlockChoice> choices; ///< one per block
    graph::PruningPlan plan;
    bool met = false; ///< the budget
};

/// Searches the largest number of chosen units that meets the budget, for one partition after another, and adds
/// what still fits. `network` and `budget` must outlive it.
class BudgetSearch
{
public:
    /// Throws `Error` as `Selection` does.
    BudgetSearch(const graph::Network& network, const Budget& budget, SelectionConfig selection);

    /// Not `met` when even one unit per block is too much. Throws `Error` as `Selection::choose` does.
    SelectedUnits run(const std::vector<int>& block_sizes);

private:
    SelectedUnits select(const std::vector<int>& block_sizes, const std::vector<int>& keep);
    void fill(const std::vector<int>& block_sizes, std::vector<int> keep, SelectedUnits& selected);
    bool add_one(const std::vector<int>& block_sizes, std::vector<int>& keep, std::size_t block,
                 SelectedUnits& selected);
    bool plausible(const std::vector<int>& block_sizes, const std::vector<int>& keep) const;
    graph::PruningPlan first_of_each(const std::vector<int>& block_sizes, const std::vector<int>& keep) const;

    const graph::Network& network_;
    const Budget& budget_;
    std::uint64_t seed_;
    UnitCostBounds bounds_;
    Selection selection_;
};

} // namespace prunedamr::prune
