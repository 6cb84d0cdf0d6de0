// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/report/axes.h"

#include "prunedamr/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace prunedamr::report {
namespace {

constexpr double kSlack = 1e-9; // of a step: a tick on the edge is inside

double tick_step(const Interval& interval, int about)
{
    PRUNEDAMR_CHECK(interval.low < interval.high && about > 0, "an axis has an extent");
    const double rough = (interval.high - interval.low) / about;
    const double decade = std::pow(10.0, std::floor(std::log10(rough)));
    for (const double factor : { 1.0, 2.0, 5.0 })
        if (factor * decade >= rough * 0.75)
            return factor * decade;
    return 10.0 * decade;
}

} // namespace

std::vector<double> ticks(const Interval& interval, int about)
{
    const double step = tick_step(interval, about);
    std::vector<double> result;
    const double last = std::floor(interval.high / step + kSlack);
    for (double k = std::ceil(interval.low / step - kSlack); k <= last; ++k)
        result.push_back(k * step);
    return result;
}

std::string tick_text(double value, double step)
{
    const int decimals = std::clamp(static_cast<int>(std::ceil(-std::log10(step) - kSlack)), 0, 9);
    const std::string text = fmt::format("{:.{}f}", std::abs(value), decimals);
    const bool negative = value < 0.0 && text.find_first_of("123456789") != std::string::npos;
    return (negative ? "\u2212" : "") + text;
}

Interval fitted(const std::vector<double>& values, int ticks_about)
{
    Interval range{ HUGE_VAL, -HUGE_VAL };
    for (const double value : values)
        if (std::isfinite(value))
            range = { std::min(range.low, value), std::max(range.high, value) };
    if (range.low > range.high)
        return {};
    if (range.high - range.low <= 1e-9 * std::max(std::abs(range.low), std::abs(range.high)))
        range = { range.low - 0.5 * std::max(1.0, std::abs(range.low)),
                  range.high + 0.5 * std::max(1.0, std::abs(range.high)) };
    const double step = tick_step(range, ticks_about);
    return { step * std::floor(range.low / step + kSlack), step * std::ceil(range.high / step - kSlack) };
}

std::vector<double> log_ticks(const Interval& interval, int about)
{
    PRUNEDAMR_CHECK(interval.low > 0.0 && interval.low < interval.high && about > 0, "a log axis has an extent");
    std::vector<double> all, powers;
    for (double decade = std::pow(10.0, std::floor(std::log10(interval.low)));
         decade <= interval.high * (1 + kSlack); decade *= 10.0)
        for (const double factor : { 1.0, 2.0, 5.0 }) {
            const double value = factor * decade;
            if (value < interval.low * (1 - kSlack) || value > interval.high * (1 + kSlack))
                continue;
            all.push_back(value);
            if (factor == 1.0)
                powers.push_back(value);
        }
    return static_cast<int>(powers.size()) >= about ? powers : all;
}

Interval log_fitted(const std::vector<double>& values)
{
    Interval range{ HUGE_VAL, 0.0 };
    for (const double value : values)
        if (std::isfinite(value) && value > 0.0)
            range = { std::min(range.low, value), std::max(range.high, value) };
    if (range.low > range.high)
        return { 1.0, 10.0 };
    const auto steps = log_ticks({ range.low / 20.0, range.high * 20.0 }, 1000);
    const auto low = std::upper_bound(steps.begin(), steps.end(), range.low * 0.95) - 1;
    const auto high = std::lower_bound(steps.begin(), steps.end(), range.high * 1.05);
    return { *low, *high };
}

std::string quantity_text(double value)
{
    constexpr std::pair<double, const char*> kPrefixes[] = { { 1e9, "G" }, { 1e6, "M" }, { 1e3, "k" } };
    for (const auto& [scale, prefix] : kPrefixes)
        if (std::abs(value) >= scale)
            return fmt::format("{:.4g}{}", value / scale, prefix);
    return fmt::format("{:.4g}", value);
}

Axes::Axes(Svg& svg, AxesConfig config) : svg_(svg), config_(std::move(config))
{
    const Box& box = config_.box;
    const auto y_ticks = ticks(config_.y, config_.y_ticks);
    const double y_step = tick_step(config_.y, config_.y_ticks);
    draw_x_ticks();
    for (const double value : y_ticks) {
        const double y = place(config_.x.low, value).y;
        svg_.line({ box.x, y }, { box.x + box.width, y }, mark::grid);
        svg_.text({ box.x - 5.0, y + 3.5 }, tick_text(value, y_step), mark::tick_right);
    }
    svg_.text({ box.x, box.y - 6.0 }, config_.title, mark::title);
    svg_.text({ box.x + box.width / 2, box.y + box.height + 26.0 }, config_.x_name, mark::tick_left);
    draw_border();
}

void Axes::draw_x_ticks()
{
    const Box& box = config_.box;
    const double step = tick_step(config_.x, config_.x_ticks);
    for (const double value :
         config_.log_x ? log_ticks(config_.x, config_.x_ticks) : ticks(config_.x, config_.x_ticks)) {
        const double x = place(value, config_.y.low).x;
        svg_.line({ x, box.y }, { x, box.y + box.height }, mark::grid);
        svg_.text({ x, box.y + box.height + 13.0 }, config_.log_x ? quantity_text(value) : tick_text(value, step),
                  mark::tick_left);
    }
}

Point Axes::place(double x, double y) const
{
    const Box& box = config_.box;
    const auto fraction = [](double value, const Interval& range) {
        return std::clamp((value - range.low) / (range.high - range.low), 0.0, 1.0);
    };
    const Interval log_range{ std::log10(config_.x.low), std::log10(config_.x.high) };
    const double along = config_.log_x ? fraction(std::log10(x), log_range) : fraction(x, config_.x);
    return { box.x + box.width * along, box.y + box.height * (1.0 - fraction(y, config_.y)) };
}

void Axes::draw_border()
{
    svg_.rect(config_.box, mark::frame);
}

void Axes::line(const std::vector<double>& x, const std::vector<double>& y, const char* mark)
{
    PRUNEDAMR_CHECK(x.size() == y.size(), "a line has as many x as y");
    std::vector<Point> kept, column; // column: points on one pixel column
    const auto flush = [&] {
        const auto [low, high] = std::minmax_element(column.begin(), column.end(),
                                                     [](const Point& a, const Point& b) { return a.y < b.y; });
        for (auto p = column.begin(); p != column.end(); ++p)
            if (p == column.begin() || p == column.end() - 1 || p == low || p == high)
                kept.push_back(*p);
        column.clear();
    };
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (!std::isfinite(x[i]) || !std::isfinite(y[i]))
            continue;
        const Point p = place(x[i], y[i]);
        if (!column.empty() && std::floor(p.x) != std::floor(column.front().x))
            flush();
        column.push_back(p);
    }
    flush();
    svg_.path(kept, mark);
}

void Axes::dots(const std::vector<double>& x, const std::vector<double>& y, const char* mark)
{
    PRUNEDAMR_CHECK(x.size() == y.size(), "a dot has an x and a y");
    std::set<std::pair<long, long>> seen;
    std::vector<Point> kept;
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (!std::isfinite(x[i]) || !std::isfinite(y[i]))
            continue;
        const Point p = place(x[i], y[i]);
        if (seen.emplace(std::lround(10.0 * p.x), std::lround(10.0 * p.y)).second)
            kept.push_back(p);
    }
    svg_.points(kept, mark);
}

void Axes::picture(const std::string& png)
{
    svg_.png(config_.box, png);
    draw_border();
}

} // namespace prunedamr::report
