// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/psr/psr.h"

#include "prunedamr/graph/network_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

namespace prunedamr::prune {
namespace {

constexpr char kShades[] = " .:-=+*#%@"; // 0.0 .. 1.0
constexpr std::size_t kMostNumbers = 12; // units whose matrix is printed as numbers

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
    const bool numbers = count <= kMostNumbers;
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

std::string concat(const std::vector<std::string>& names)
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
    if (result.units.size() > kMostNumbers)
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
             << result.block_sizes[b] << " units): chosen " << concat(names_of(result, choice.kept)) << ", "
             << result.score << " " << fmt::format("{:.6g}", choice.score)
             << (training_free_score(result.score).largest ? ", most of " : ", least of ") << choice.combinations
             << "\n";
        first = last + 1;
    }
    const std::vector<std::string> kept = result_units(result);
    text << "reassembly: " << kept.size() << " of " << result.units.size() << " units stay: " << concat(kept)
         << "; fresh weights: " << concat(result.plan.reinitialize_units);
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
