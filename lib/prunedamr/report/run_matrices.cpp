// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/report/line_chart.h"
#include "prunedamr/report/matrix_plot.h"
#include "prunedamr/report/run_drawings.h"
#include "prunedamr/report/unit_grid.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace prunedamr::report {
namespace {

constexpr std::size_t kMostClassesWithNumbers = 30;
constexpr std::size_t kMostUnitsWithNumbers = 14;
constexpr double kLargestMatrix = 620.0; // pixels

/// 100 times a share without decimals; nothing for a share that rounds to 0.
std::string percent(double share)
{
    const long value = std::lround(100.0 * share);
    return value == 0 ? "" : std::to_string(value);
}

std::string two_decimals(double value)
{
    const long hundredths = std::lround(100.0 * value);
    const std::string digits = std::to_string(std::abs(hundredths) % 100);
    return (hundredths < 0 ? "\u2212" : "") + std::to_string(std::abs(hundredths) / 100) + "." +
           std::string(2 - digits.size(), '0') + digits;
}

/// Layers of the runs of one base, in the order of those that know it.
std::vector<std::string> layers_of(const std::vector<const Run*>& runs)
{
    std::vector<std::string> names;
    for (const Run* run : runs)
        for (const LayerChannels& layer : run->layers)
            if (std::find(names.begin(), names.end(), layer.node) == names.end())
                names.push_back(layer.node);
    const bool in_order = runs.size() == 1 && std::all_of(runs[0]->layers.begin(), runs[0]->layers.end(),
                                                          [](const LayerChannels& layer) { return layer.all > 0; });
    if (!in_order)
        std::sort(names.begin(), names.end(), natural_less);
    return names;
}

MatrixPlot channel_plot(const std::vector<const Run*>& runs)
{
    MatrixPlot plot;
    plot.columns = layers_of(runs);
    plot.cell_width = 30.0;
    plot.cell_height = 18.0;
    plot.title = "Channels kept, %";
    for (const Run* run : runs) {
        plot.rows.push_back(shortened(run->name, 40));
        plot.values.emplace_back(plot.columns.size(), NAN);
        plot.texts.emplace_back(plot.columns.size());
        for (const LayerChannels& layer : run->layers) {
            const auto column = static_cast<std::size_t>(
                std::find(plot.columns.begin(), plot.columns.end(), layer.node) - plot.columns.begin());
            if (layer.all > 0) {
                const double share = static_cast<double>(layer.kept) / static_cast<double>(layer.all);
                plot.values.back()[column] = share;
                plot.texts.back()[column] = std::to_string(std::lround(100.0 * share));
            } else {
                plot.title = "Channels kept, % (grey: their number)";
                plot.texts.back()[column] = std::to_string(layer.kept);
            }
        }
    }
    return plot;
}

} // namespace

Drawings channel_drawings(const std::vector<Run>& runs)
{
    Drawings drawings;
    for (const auto& group : by_base(runs)) {
        std::vector<const Run*> thinned;
        for (const Run* run : group)
            if (!run->layers.empty())
                thinned.push_back(run);
        if (!thinned.empty())
            drawings.emplace_back("channels of " + group.front()->base, draw(channel_plot(thinned)));
    }
    return drawings;
}

Drawings confusion_drawings(const Run& run)
{
    if (!run.test || run.test->confusion.empty())
        return {};
    const Accuracy& test = *run.test;
    MatrixPlot plot;
    plot.rows = plot.columns = test.classes;
    plot.title = "Confusion, % of each row (rows are the truth)";
    plot.x_name = "label given";
    const auto classes = static_cast<double>(test.classes.size());
    plot.cell_width = plot.cell_height = std::clamp(400.0 / classes, 3.0, 34.0);
    const bool numbers = test.classes.size() <= kMostClassesWithNumbers && plot.cell_width >= 13.0;
    for (const auto& row : test.confusion) {
        const double all = std::accumulate(row.begin(), row.end(), 0.0);
        plot.values.emplace_back();
        std::vector<std::string> texts;
        for (const double frames : row) {
            plot.values.back().push_back(all > 0.0 ? frames / all : NAN);
            texts.push_back(all > 0.0 ? percent(frames / all) : "");
        }
        if (numbers)
            plot.texts.push_back(std::move(texts));
    }
    return { { "confusion matrix", draw(plot) } };
}

Drawings similarity_drawings(const Run& run)
{
    Drawings drawings;
    for (const Similarity& similarity : run.similarities) {
        if (similarity.units.empty())
            continue;
        MatrixPlot plot;
        plot.rows = plot.columns = similarity.units;
        plot.values = similarity.values;
        plot.blocks = similarity.block_sizes;
        plot.title = "Similarity of units; frames are blocks, dots mark chosen units";
        const auto units = static_cast<double>(similarity.units.size());
        plot.cell_width = plot.cell_height = std::clamp(400.0 / units, 12.0, 34.0);
        if (units * plot.cell_width > kLargestMatrix)
            plot.cell_width = plot.cell_height = kLargestMatrix / units;
        for (const std::string& unit : similarity.units)
            plot.marked.push_back(similarity.chosen.count(unit) > 0);
        if (similarity.units.size() <= kMostUnitsWithNumbers)
            for (const auto& row : similarity.values) {
                plot.texts.emplace_back();
                for (const double value : row)
                    plot.texts.back().push_back(std::isfinite(value) ? two_decimals(value) : "");
            }
        drawings.emplace_back("similarity of units", draw(plot));
    }
    return drawings;
}

} // namespace prunedamr::report
