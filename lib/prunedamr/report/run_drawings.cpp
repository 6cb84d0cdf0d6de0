// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/report/run_page.h"

#include "prunedamr/report/charts.h"
#include "prunedamr/report/matrix_plot.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

namespace prunedamr::report {
namespace {

struct CostAxis {
    const char* key;
    const char* name;
};
constexpr CostAxis kCostAxes[] = { { "macs", "MACs of one frame" },
                                   { "params", "parameters" },
                                   { "latency_us", "latency of one frame on the engine, \u00b5s" } };

std::optional<double> cost_of(const std::optional<graph::Cost>& cost, const std::optional<double>& latency_us,
                              const std::string& key)
{
    if (key == "latency_us")
        return latency_us;
    if (!cost)
        return std::nullopt;
    return static_cast<double>(key == "macs" ? cost->macs : cost->params);
}

void add_point(std::vector<ParetoPoint>& points, const std::string& name, const std::optional<double>& cost,
               const std::optional<Accuracy>& test)
{
    if (cost && *cost > 0.0 && test && std::isfinite(test->mean))
        points.push_back({ name, *cost, test->mean });
}

std::string base_name(const Run& run)
{
    return run.base.empty() ? "the original" : run.base;
}

/// Whether the network that a run was made from is among the runs: by its name, or by cost and accuracy.
bool has_base(const std::vector<Run>& runs, const Run& made)
{
    return std::any_of(runs.begin(), runs.end(), [&](const Run& run) {
        const bool equal = made.base.empty() && run.cost && run.test && made.base_test &&
                           run.cost->params == made.base_cost->params && run.cost->macs == made.base_cost->macs &&
                           run.test->mean == made.base_test->mean;
        return equal || run.name == made.base;
    });
}

Series snr_series(const std::string& name, const Accuracy& accuracy)
{
    Series series{ name, {}, {} };
    for (const auto& [snr_db, fraction] : accuracy.by_snr) {
        series.x.push_back(snr_db);
        series.y.push_back(100.0 * fraction);
    }
    return series;
}

Svg snr_chart(const std::vector<Series>& series, double width)
{
    LineChartConfig config{ "Test accuracy, %", "SNR label, dB", width, 0.57 * width };
    config.dots = true;
    return line_chart(config, series);
}

Series attack_series(const std::string& name, const std::vector<Attack>& attacks, const std::string& kind)
{
    std::vector<std::pair<double, double>> points;
    for (const Attack& attack : attacks)
        if (attack.kind == kind)
            points.emplace_back(attack.level, 100.0 * attack.accuracy);
    std::sort(points.begin(), points.end());
    Series series{ name, {}, {} };
    for (const auto& [level, accuracy] : points) {
        series.x.push_back(level);
        series.y.push_back(accuracy);
    }
    return series;
}

Series epoch_series(const std::string& name, const Run& run, double TrainingEpoch::*value, double scale)
{
    Series series{ name, {}, {} };
    for (const TrainingEpoch& epoch : run.epochs) {
        series.x.push_back(epoch.number);
        series.y.push_back(scale * epoch.*value);
    }
    return series;
}

} // namespace

std::vector<std::vector<const Run*>> by_base(const std::vector<Run>& runs)
{
    using Key = std::tuple<std::string, std::int64_t, std::int64_t>;
    std::vector<Key> keys;
    std::vector<std::vector<const Run*>> groups;
    for (const Run& run : runs) {
        if (!run.base_cost)
            continue;
        const Key key{ run.base, run.base_cost->params, run.base_cost->macs };
        const auto at = std::find(keys.begin(), keys.end(), key) - keys.begin();
        if (at == static_cast<std::ptrdiff_t>(keys.size())) {
            keys.push_back(key);
            groups.emplace_back();
        }
        groups[static_cast<std::size_t>(at)].push_back(&run);
    }
    return groups;
}

Drawings pareto_drawings(const std::vector<Run>& runs)
{
    Drawings drawings;
    for (const CostAxis& axis : kCostAxes) {
        std::vector<ParetoPoint> points;
        for (const Run& run : runs)
            add_point(points, run.name, cost_of(run.cost, run.latency_us, axis.key), run.test);
        for (const auto& group : by_base(runs)) {
            const Run& run = *group.front();
            if (!has_base(runs, run))
                add_point(points, base_name(run), cost_of(run.base_cost, run.base_latency_us, axis.key),
                          run.base_test);
        }
        if (points.size() > 1)
            drawings.emplace_back(std::string("test accuracy over ") + axis.name,
                                  pareto_plot({ "Test accuracy, %", axis.name }, points));
    }
    return drawings;
}

Drawings front_drawings(const Run& run)
{
    Drawings drawings;
    for (const CostAxis& axis : kCostAxes) {
        std::vector<ParetoPoint> points;
        for (const FrontPoint& point : run.front)
            if (const auto cost = point.cost.find(axis.key); cost != point.cost.end() && cost->second > 0.0)
                points.push_back({ point.chain, cost->second, point.validation_accuracy });
        if (points.size() > 1)
            drawings.emplace_back(std::string("search: validation accuracy over ") + axis.name,
                                  pareto_plot({ "Search: validation accuracy, %", axis.name }, points));
    }
    return drawings;
}

Drawings snr_drawings(const std::vector<Run>& runs)
{
    std::vector<Series> series;
    for (const Run& run : runs)
        if (run.test && !run.test->by_snr.empty())
            series.push_back(snr_series(run.name, *run.test));
    for (const auto& group : by_base(runs)) {
        const Run& run = *group.front();
        if (run.base_test && !run.base_test->by_snr.empty() && !has_base(runs, run))
            series.push_back(snr_series(base_name(run), *run.base_test));
    }
    if (series.empty())
        return {};
    return { { "accuracy by SNR", snr_chart(series, 760.0) } };
}

Drawings attack_drawings(const std::vector<Run>& runs)
{
    std::vector<std::pair<std::string, std::string>> kinds; // with their unit
    for (const Run& run : runs)
        for (const Attack& attack : run.attacks)
            if (std::find(kinds.begin(), kinds.end(), std::pair(attack.kind, attack.unit)) == kinds.end())
                kinds.emplace_back(attack.kind, attack.unit);
    Drawings drawings;
    for (const auto& [kind, unit] : kinds) {
        std::vector<Series> series;
        for (const Run& run : runs)
            series.push_back(attack_series(run.name, run.attacks, kind));
        for (const auto& group : by_base(runs))
            if (!has_base(runs, *group.front()))
                series.push_back(attack_series(base_name(*group.front()), group.front()->base_attacks, kind));
        series.erase(std::remove_if(series.begin(), series.end(), [](const Series& one) { return one.x.empty(); }),
                     series.end());
        LineChartConfig config{ "Accuracy under " + kind + ", %", "level, " + unit, 520.0, 300.0 };
        config.dots = true;
        drawings.emplace_back("accuracy under " + kind, line_chart(config, series));
    }
    return drawings;
}

Drawings unit_drawings(const std::vector<Run>& runs)
{
    Drawings drawings;
    for (const auto& group : by_base(runs)) {
        std::vector<const Run*> with_units;
        for (const Run* run : group)
            if (!run->removed_units.empty())
                with_units.push_back(run);
        if (!with_units.empty())
            drawings.emplace_back("units of " + base_name(*group.front()), unit_grid(with_units));
    }
    return drawings;
}

Drawings training_drawings(const Run& run)
{
    if (run.epochs.empty())
        return {};
    LineChartConfig loss{ "Training loss", "epoch", 380.0, 220.0 };
    loss.dots = run.epochs.size() <= 30;
    loss.whole_x = true;
    LineChartConfig accuracy = loss, rate = loss;
    loss.legend = rate.legend = false;
    accuracy.title = "Accuracy, %";
    rate.title = "Learning rate, thousandths";
    const auto series = [&](const char* name, double TrainingEpoch::*value, double scale) {
        return epoch_series(name, run, value, scale);
    };
    return { { "training loss", line_chart(loss, { series("", &TrainingEpoch::train_loss, 1.0) }) },
             { "accuracy while training",
               line_chart(accuracy, { series("train", &TrainingEpoch::train_accuracy, 100.0),
                                      series("validation", &TrainingEpoch::validation_accuracy, 100.0) }) },
             { "learning rate", line_chart(rate, { series("", &TrainingEpoch::learning_rate, 1e3) }) } };
}

Drawings change_drawings(const Run& run)
{
    if (!run.test || !run.base_test || run.test->by_snr.empty() || run.base_test->by_snr.empty())
        return {};
    return { { "accuracy by SNR, before and after",
               snr_chart({ snr_series("after", *run.test), snr_series("before", *run.base_test) }, 420.0) } };
}

namespace {

constexpr std::size_t kMaxClassesWithNumbers = 30;
constexpr std::size_t kMaxUnitsWithNumbers = 14;
constexpr double kLargestMatrix = 620.0; // pixels

/// 100 times a fraction without decimals; nothing for a fraction that rounds to 0.
std::string percent(double fraction)
{
    const long value = std::lround(100.0 * fraction);
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
                const double fraction = static_cast<double>(layer.kept) / static_cast<double>(layer.all);
                plot.values.back()[column] = fraction;
                plot.texts.back()[column] = std::to_string(std::lround(100.0 * fraction));
            } else {
                plot.title = "Channels kept, % (gray: their number)";
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
    const bool numbers = test.classes.size() <= kMaxClassesWithNumbers && plot.cell_width >= 13.0;
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
        if (similarity.units.size() <= kMaxUnitsWithNumbers)
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
