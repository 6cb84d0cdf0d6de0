// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/psr/psr.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/graph/network_json.h"
#include "prunedamr/prune/psr/partition.h"
#include "prunedamr/train/batches.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <sstream>

namespace prunedamr::prune {

std::uint64_t fresh_seed(std::uint64_t seed)
{
    constexpr int kDroppedBits = 11; // JSON readers hold 53
    return Rng(seed).fork(1).next() >> kDroppedBits;
}

graph::PruningPlan reassembly_plan(const graph::Network& network, const std::vector<int>& kept_units,
                                   std::uint64_t seed)
{
    const auto& units = network.units;
    std::vector<bool> keep(units.size(), false);
    for (int unit : kept_units) {
        PRUNEDAMR_CHECK(unit >= 0 && unit < static_cast<int>(units.size()), "index of a unit");
        keep[unit] = true;
    }
    std::map<int, std::vector<std::size_t>> stages;
    for (std::size_t i = 0; i < units.size(); ++i) {
        keep[i] = keep[i] || (!units[i].removable && !units[i].transition);
        stages[units[i].stage].push_back(i);
    }

    graph::PruningPlan plan;
    plan.seed = fresh_seed(seed);
    for (const auto& [stage, members] : stages) {
        const auto kept = [&](std::size_t unit) { return keep[unit] && !units[unit].transition; };
        if (std::none_of(members.begin(), members.end(), [&](std::size_t unit) { return keep[unit]; }))
            keep[members.front()] = true;
        for (std::size_t unit : members) {
            if (!units[unit].transition || keep[unit])
                continue;
            keep[unit] = true;
            plan.reinitialize_units.push_back(units[unit].name);
            const auto replaced = std::find_if(members.begin(), members.end(), kept);
            if (replaced != members.end())
                keep[*replaced] = false;
        }
    }
    for (std::size_t i = 0; i < units.size(); ++i) {
        if (!keep[i])
            plan.remove_units.push_back(units[i].name);
    }
    return plan;
}

namespace {

/// Training frames for a score that reads them, else null.
std::shared_ptr<const train::Batch> score_frames(const dataset::Dataset& dataset, const PsrConfig& config)
{
    constexpr std::size_t kFrames = 64; // as arXiv 2101.08134
    if (!training_free_score(config.score).reads_frames)
        return nullptr;
    Rng rng = Rng(config.seed).fork(2);
    const auto frames = train::shuffled(dataset.indices(dataset::Split::train), rng);
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
        throw Error{ { "nothing to prune", "network", std::to_string(units) + " units", "2 or more" } };
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
        SelectedUnits selected = search.run(result.block_sizes);
        result.choices = std::move(selected.choices);
        result.plan = std::move(selected.plan);
        if (selected.met)
            break;
        if (config.blocks > 0 || blocks == 1)
            refuse_budget(budget, graph::apply(network, result.plan),
                          "the smallest with " + std::to_string(blocks) + " blocks");
    }
    result.plan.method = "psr";
    return result;
}

PruneResult psr(const PruneContext& context, const PsrConfig& options)
{
    PsrConfig config = options;
    config.seed = context.seed;
    config.device = context.fine_tune.device;
    const PsrResult result = psr(context.network, context.dataset, context.budget, config);
    return { result.plan, to_json(result), to_text(result) };
}

namespace {

constexpr char kShades[] = " .:-=+*#%@"; // 0.0 .. 1.0
constexpr std::size_t kMaxNumbers = 12;  // units whose matrix is printed as numbers

char shade(double similarity)
{
    const double level = std::isfinite(similarity) ? std::clamp(similarity, 0.0, 1.0) * 9.0 : 0.0;
    return kShades[std::lround(level)];
}

/// Positions at which a block ends, but for the last one.
std::set<std::size_t> borders(const PsrResult& result)
{
    std::set<std::size_t> ends;
    std::size_t end = 0;
    for (int size : result.block_sizes)
        ends.insert(end += static_cast<std::size_t>(size));
    ends.erase(end);
    return ends;
}

std::string matrix_text(const PsrResult& result)
{
    const std::size_t count = result.units.size();
    const bool numbers = count <= kMaxNumbers;
    const std::set<std::size_t> ends = borders(result);
    std::set<int> kept;
    for (const auto& choice : result.choices)
        kept.insert(choice.kept.begin(), choice.kept.end());
    std::size_t width = 0;
    for (const std::string& name : result.units)
        width = std::max(width, name.size());

    std::ostringstream text;
    for (std::size_t i = 0; i < count; ++i) {
        std::string row;
        for (std::size_t j = 0; j < count; ++j) {
            row += ends.count(j) ? "|" : "";
            row += numbers ? fmt::format("{:>6.2f}", result.similarity[i][j])
                           : std::string(2, shade(result.similarity[i][j]));
        }
        if (ends.count(i))
            text << std::string(width + 4, ' ') << std::string(row.size(), '-') << '\n';
        text << (kept.count(static_cast<int>(i)) ? "* " : "  ") << result.units[i]
             << std::string(width - result.units[i].size() + 2, ' ') << row
             << fmt::format("  {:.3f}", result.sums[i]) << '\n';
    }
    return text.str();
}

std::string names_text(const std::vector<std::string>& names)
{
    std::string text;
    for (const std::string& name : names)
        text += (text.empty() ? "" : ", ") + name;
    return text.empty() ? "none" : text;
}

std::vector<std::string> names_of(const PsrResult& result, const std::vector<int>& indices)
{
    std::vector<std::string> names;
    for (int index : indices)
        names.push_back(result.units[index]);
    return names;
}

std::vector<std::string> result_units(const PsrResult& result)
{
    const std::set<std::string> removed(result.plan.remove_units.begin(), result.plan.remove_units.end());
    std::vector<std::string> names;
    std::copy_if(result.units.begin(), result.units.end(), std::back_inserter(names),
                 [&](const std::string& name) { return removed.count(name) == 0; });
    return names;
}

} // namespace

std::string to_text(const PsrResult& result)
{
    std::ostringstream text;
    text << "similarity of units (unbiased CKA";
    if (result.units.size() > kMaxNumbers)
        text << "; \"" << kShades << "\" from 0 to 1";
    text << "), its row sums; * chosen\n" << matrix_text(result);
    text << "partition: " << result.block_sizes.size() << " blocks; loss by number of blocks:";
    for (double loss : result.losses)
        text << fmt::format(" {:.4g}", loss);
    text << '\n';
    std::size_t first = 0;
    for (std::size_t b = 0; b < result.block_sizes.size(); ++b) {
        const std::size_t last = first + static_cast<std::size_t>(result.block_sizes[b]) - 1;
        const auto& choice = result.choices[b];
        text << "block " << b + 1 << ": " << result.units[first] << " .. " << result.units[last] << " ("
             << result.block_sizes[b] << " units): chosen " << names_text(names_of(result, choice.kept)) << ", "
             << result.score << " " << fmt::format("{:.6g}", choice.score)
             << (training_free_score(result.score).largest ? ", most of " : ", least of ") << choice.combinations
             << "\n";
        first = last + 1;
    }
    const std::vector<std::string> kept = result_units(result);
    text << "reassembly: " << kept.size() << " of " << result.units.size() << " units stay: " << names_text(kept)
         << "; fresh weights: " << names_text(result.plan.reinitialize_units);
    return text.str();
}

nlohmann::json to_json(const PsrResult& result)
{
    nlohmann::json blocks = nlohmann::json::array();
    int first = 0;
    for (std::size_t b = 0; b < result.block_sizes.size(); ++b) {
        const auto& choice = result.choices[b];
        blocks.push_back({ { "first", first },
                           { "size", result.block_sizes[b] },
                           { "chosen", names_of(result, choice.kept) },
                           { "score", choice.score },
                           { "combinations", choice.combinations } });
        first += result.block_sizes[b];
    }
    return {
        { "units", result.units },
        { "similarity", result.similarity },
        { "sums", result.sums },
        { "losses", result.losses },
        { "block_sizes", result.block_sizes },
        { "score", result.score },
        { "blocks", blocks },
        { "kept_units", result_units(result) },
        { "plan", graph::to_json(result.plan) },
    };
}

} // namespace prunedamr::prune
