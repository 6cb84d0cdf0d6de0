// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/report/charts.h"

#include "prunedamr/base/error.h"
#include "prunedamr/report/axes.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

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

std::string shortened(const std::string& name, std::size_t max_size)
{
    if (name.size() <= max_size)
        return name;
    std::size_t end = max_size - 1;
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

namespace {

constexpr std::size_t kMaxNames = 30; // of more points only those of the front have one
constexpr double kLine = 11.0;        // height of a name

bool overlap(const Box& a, const Box& b)
{
    return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/// Places names beside their points so that none covers a point or another name, as far as there is room.
class Names
{
public:
    Names(Svg& svg, const Box& axes) : svg_(svg), axes_(axes) {}

    void keep_clear(const Point& p) { taken_.push_back({ p.x - 4.0, p.y - 4.0, 8.0, 8.0 }); }

    /// A line along one of the axes.
    void keep_clear(const Point& a, const Point& b)
    {
        taken_.push_back({ std::min(a.x, b.x), std::min(a.y, b.y), std::abs(a.x - b.x), std::abs(a.y - b.y) });
    }

    void write(const Point& at, const std::string& name)
    {
        const double width = text_width(name);
        for (double away = 0.0; away < 8.0; away += 1.0)
            for (const double side : { 0.0, 1.0 })
                for (const double turn : { -1.0, 1.0 }) {
                    const Box box{ side == 0.0 ? at.x + 7.0 : at.x - 7.0 - width,
                                   at.y - kLine / 2 + turn * away * kLine * 0.7, width, kLine };
                    if (fits(box)) {
                        put(box, name);
                        return;
                    }
                }
        put({ std::min(at.x + 7.0, axes_.x + axes_.width - width), at.y - kLine / 2, width, kLine }, name);
    }

private:
    bool fits(const Box& box) const
    {
        return box.x >= axes_.x && box.x + box.width <= axes_.x + axes_.width && box.y >= axes_.y &&
               box.y + box.height <= axes_.y + axes_.height &&
               std::none_of(taken_.begin(), taken_.end(), [&](const Box& other) { return overlap(box, other); });
    }

    void put(const Box& box, const std::string& name)
    {
        svg_.text({ box.x, box.y + kLine - 2.0 }, name, mark::tick);
        taken_.push_back(box);
    }

    Svg& svg_;
    Box axes_;
    std::vector<Box> taken_;
};

/// Corners of the front: from each of its points straight to the right, then up to the next one.
std::vector<ParetoPoint> stairs(const std::vector<ParetoPoint>& points, const std::vector<std::size_t>& front)
{
    std::vector<ParetoPoint> corners;
    for (const std::size_t i : front) {
        if (!corners.empty())
            corners.push_back({ "", points[i].cost, corners.back().accuracy });
        corners.push_back(points[i]);
    }
    return corners;
}

} // namespace

std::vector<std::size_t> pareto_front(const std::vector<ParetoPoint>& points)
{
    std::vector<std::size_t> order(points.size());
    std::iota(order.begin(), order.end(), std::size_t{ 0 });
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return points[a].cost != points[b].cost ? points[a].cost < points[b].cost
                                                : points[a].accuracy > points[b].accuracy;
    });
    std::vector<std::size_t> front;
    for (const std::size_t i : order) {
        const bool first = front.empty();
        const ParetoPoint* best = first ? nullptr : &points[front.back()];
        if (first || points[i].accuracy > best->accuracy ||
            (points[i].accuracy == best->accuracy && points[i].cost == best->cost))
            front.push_back(i);
    }
    return front;
}

Svg pareto_plot(const ParetoConfig& config, const std::vector<ParetoPoint>& points)
{
    std::vector<double> cost, accuracy;
    for (const ParetoPoint& point : points) {
        PRUNEDAMR_CHECK(point.cost > 0.0 && std::isfinite(point.accuracy), "a point has a cost and an accuracy");
        cost.push_back(point.cost);
        accuracy.push_back(100.0 * point.accuracy);
    }
    Svg svg(config.width, config.height);
    const Box box{ AxesMargins::kLeft + 8.0, AxesMargins::kTop, config.width - AxesMargins::kLeft - 24.0,
                   config.height - AxesMargins::kTop - AxesMargins::kBottom };
    Axes axes(svg, { box, log_fitted(cost), fitted(accuracy, 5), config.title, config.cost_name, 4, 5, true });
    Names names(svg, box);
    const auto front = pareto_front(points);
    std::vector<Point> path, places;
    for (const ParetoPoint& corner : stairs(points, front)) {
        path.push_back(axes.place(corner.cost, 100.0 * corner.accuracy));
        names.keep_clear(path[path.size() < 2 ? 0 : path.size() - 2], path.back());
    }
    svg.path(path, series_mark(0).c_str());
    for (std::size_t i = 0; i < points.size(); ++i) {
        const bool best = std::find(front.begin(), front.end(), i) != front.end();
        axes.dots({ cost[i] }, { accuracy[i] }, best ? mark::spot : mark::spot_gray);
        places.push_back(axes.place(cost[i], accuracy[i]));
        names.keep_clear(places.back());
    }
    for (std::size_t i = 0; i < points.size(); ++i)
        if (points.size() <= kMaxNames || std::find(front.begin(), front.end(), i) != front.end())
            names.write(places[i], shortened(points[i].name, kNameCharacters));
    return svg;
}

} // namespace prunedamr::report
