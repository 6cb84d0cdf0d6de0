// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/report/pareto_plot.h"

#include "prunedamr/base/error.h"
#include "prunedamr/report/axes.h"
#include "prunedamr/report/line_chart.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace prunedamr::report {
namespace {

constexpr std::size_t kNameCharacters = 40;
constexpr std::size_t kMostNames = 30; // of more points only those of the front have one
constexpr double kLine = 11.0;         // height of a name

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
        if (points.size() <= kMostNames || std::find(front.begin(), front.end(), i) != front.end())
            names.write(places[i], shortened(points[i].name, kNameCharacters));
    return svg;
}

} // namespace prunedamr::report
