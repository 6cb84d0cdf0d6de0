// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/report/line_chart.h"

#include "prunedamr/report/axes.h"

#include <algorithm>
#include <cstring>

namespace prunedamr::report {
namespace {

constexpr double kLegendLine = 26.0, kLegendStep = 16.0;
constexpr std::size_t kLegendCharacters = 48;

std::vector<double> together(const std::vector<Series>& series, std::vector<double> Series::*values)
{
    std::vector<double> all;
    for (const Series& one : series)
        all.insert(all.end(), (one.*values).begin(), (one.*values).end());
    return all;
}

/// Ends at the first and last value: lines fill the axes.
Interval tight(const std::vector<double>& values)
{
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    return low != values.end() && *low < *high ? Interval{ *low, *high } : fitted(values, 4);
}

} // namespace

double text_width(const std::string& text)
{
    double width = 0.0; // of DejaVu Sans at 10 pixels, which is wider than the others
    for (const char c : text)
        if ((c & 0xc0) != 0x80) // bytes that continue a character
            width += std::strchr("il.,:;|' ", c) ? 3.6 : c >= 'A' && c <= 'Z' ? 7.1 : 6.4;
    return width;
}

std::string shortened(const std::string& name, std::size_t most)
{
    if (name.size() <= most)
        return name;
    std::size_t end = most - 1;
    while (end > 0 && (name[end] & 0xc0) == 0x80) // not inside of a character
        --end;
    return name.substr(0, end) + "\u2026";
}

Svg line_chart(const LineChartConfig& config, const std::vector<Series>& series)
{
    double legend = 0.0;
    if (config.legend)
        for (const Series& one : series)
            legend =
                std::max(legend, kLegendLine + 16.0 + 1.1 * text_width(shortened(one.name, kLegendCharacters)));
    const double least = config.legend ? kLegendStep * static_cast<double>(series.size()) : 0.0;
    const Box box{ AxesMargins::kLeft + 8.0, AxesMargins::kTop, config.width - AxesMargins::kLeft - 16.0,
                   std::max(config.height - AxesMargins::kTop - AxesMargins::kBottom, least) };
    const Interval x = tight(together(series, &Series::x));
    const int x_ticks = config.whole_x ? std::clamp(static_cast<int>(x.high - x.low), 1, 6) : 6;
    Svg svg(config.width + legend, box.y + box.height + AxesMargins::kBottom);
    Axes axes(svg, { box, x, fitted(together(series, &Series::y), 5), config.title, config.x_name, x_ticks, 5 });
    for (std::size_t i = 0; i < series.size(); ++i) {
        const std::string mark = series_mark(i);
        axes.line(series[i].x, series[i].y, mark.c_str());
        if (config.dots)
            axes.dots(series[i].x, series[i].y, (mark + " point").c_str());
        if (!config.legend)
            continue;
        const double x = config.width + 4.0, y = box.y + 8.0 + kLegendStep * static_cast<double>(i);
        svg.path({ { x, y }, { x + kLegendLine, y } }, mark.c_str());
        svg.text({ x + kLegendLine + 6.0, y + 3.5 }, shortened(series[i].name, kLegendCharacters), mark::note);
    }
    return svg;
}

} // namespace prunedamr::report
