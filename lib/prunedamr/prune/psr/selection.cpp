// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/psr/selection.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/progress.h"
#include "prunedamr/prune/psr/reassembly.h"
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

std::vector<int> share_units(const std::vector<int>& block_sizes, int kept)
{
    const int blocks = static_cast<int>(block_sizes.size());
    const int units = std::accumulate(block_sizes.begin(), block_sizes.end(), 0);
    PRUNEDAMR_CHECK(blocks <= kept && kept <= units, "one unit per block, no more than there are");
    std::vector<int> share(blocks, 1);
    for (int given = blocks; given < kept; ++given) {
        int neediest = -1;
        std::int64_t most = 0;
        for (int b = 0; b < blocks; ++b) {
            // Missing share, times the number of units, to stay in integers.
            const std::int64_t missing = std::int64_t{ kept } * block_sizes[b] - std::int64_t{ share[b] } * units;
            if (share[b] < block_sizes[b] && (neediest < 0 || missing > most)) {
                neediest = b;
                most = missing;
            }
        }
        ++share[neediest];
    }
    return share;
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

Choice Selection::choose_in_block(int first, int size, int keep, graph::Network& random)
{
    Choice best;
    best.combinations = static_cast<int>(combinations(size, keep, kMostCombinations));
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

std::vector<Choice> Selection::choose(const std::vector<int>& block_sizes, const std::vector<int>& keep)
{
    for (std::size_t b = 0; b < block_sizes.size(); ++b) {
        if (combinations(block_sizes[b], keep[b], kMostCombinations) > kMostCombinations)
            throw Error{ { "too many combinations",
                           "block " + std::to_string(b + 1) + " of " + std::to_string(block_sizes.size()),
                           std::to_string(keep[b]) + " of " + std::to_string(block_sizes[b]) + " units",
                           "at most " + std::to_string(kMostCombinations) +
                               " combinations (more blocks or another budget)" } };
    }
    graph::Network running = random_;
    std::vector<Choice> choices;
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

} // namespace prunedamr::prune
