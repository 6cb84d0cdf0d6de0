// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/report/axes.h"
#include "tests/report/well_formed.h"

#include <cmath>
#include <limits>

namespace prunedamr::report {
namespace {

const AxesConfig kConfig{ { 100, 10, 200, 100 }, { 0, 1 }, { -1, 1 }, "t", "x", 5, 4 };

TEST(Axes, TicksAreRoundNumbersInsideTheInterval)
{
    EXPECT_EQ(ticks({ 0, 10 }, 5), (std::vector<double>{ 0, 2, 4, 6, 8, 10 }));
    EXPECT_EQ(ticks({ -0.5, 0.5 }, 5).size(), 5u);
    EXPECT_EQ(ticks({ 3, 47 }, 5), (std::vector<double>{ 10, 20, 30, 40 }));
    for (const double scale : { 1e-9, 0.3, 7.0, 1e12 })
        for (const int about : { 1, 2, 4, 8 }) {
            const auto result = ticks({ -scale, 1.7 * scale }, about);
            EXPECT_GE(result.size(), 1u);
            EXPECT_LE(static_cast<int>(result.size()), 2 * about + 1) << scale << ' ' << about;
        }
}

TEST(Axes, TickTextHasTheDecimalsOfItsStep)
{
    EXPECT_EQ(tick_text(0.30000000000000004, 0.1), "0.3");
    EXPECT_EQ(tick_text(-20, 10), "\u221220");
    EXPECT_EQ(tick_text(-1e-17, 0.2), "0.0");
    EXPECT_EQ(tick_text(0.25, 0.05), "0.25");
}

TEST(Axes, FittedIntervalHoldsAllFiniteValuesBetweenTicks)
{
    const auto range = fitted({ 0.13, 2.4, std::nan(""), HUGE_VAL }, 4);
    EXPECT_EQ(range.low, 0.0);
    EXPECT_GE(range.high, 2.4);
    for (const std::vector<double>& flat : { std::vector<double>{ 5, 5 }, { 0 }, { 1e20 }, {} }) {
        const auto one = fitted(flat, 4);
        EXPECT_LT(one.low, one.high);
        EXPECT_TRUE(flat.empty() || (one.low <= flat[0] && flat[0] <= one.high));
    }
}

TEST(Axes, LogTicksAreOneTwoFive)
{
    EXPECT_EQ(log_ticks({ 9.99, 101 }, 8), (std::vector<double>{ 10, 20, 50, 100 }));
    EXPECT_EQ(log_ticks({ 1, 1e6 }, 4).size(), 7u); // powers alone are enough
    for (const std::vector<double>& values :
         { std::vector<double>{ 8.6e6, 4.2e7, std::nan(""), 0.0, -5.0 }, { 100.0 }, { 1e-3, 1e9 } }) {
        const Interval range = log_fitted(values);
        EXPECT_LT(range.low, values[0]);
        EXPECT_GT(range.high, values[0]);
        EXPECT_GE(range.low, values[0] / 5.0);
        EXPECT_GE(log_ticks(range, 4).size(), 2u);
    }
    EXPECT_LT(log_fitted({}).low, log_fitted({}).high);
}

TEST(Axes, ALogAxisPlacesByRatio)
{
    Svg svg(400, 200);
    AxesConfig config = kConfig;
    config.x = { 10, 1000 };
    config.log_x = true;
    const Axes axes(svg, config);
    EXPECT_NEAR(axes.place(100, 0).x, 200.0, 1e-9);
    EXPECT_NEAR(axes.place(20, 0).x - axes.place(10, 0).x, axes.place(400, 0).x - axes.place(200, 0).x, 1e-9);
    EXPECT_EQ(axes.place(1, 0).x, 100.0);
    EXPECT_EQ(count_of(svg.element(""), ">1k<"), 1);
}

TEST(Axes, QuantitiesHavePrefixes)
{
    EXPECT_EQ(quantity_text(950), "950");
    EXPECT_EQ(quantity_text(20000), "20k");
    EXPECT_EQ(quantity_text(1.5e6), "1.5M");
    EXPECT_EQ(quantity_text(0.5), "0.5");
}

TEST(Axes, ALongLineKeepsItsExtremesAndFewVertices)
{
    Svg svg(400, 200);
    Axes axes(svg, kConfig);
    std::vector<double> x, y;
    for (int i = 0; i < 100003; ++i) {
        x.push_back(i / 100002.0);
        y.push_back(0.5 * std::sin(0.7 * i));
    }
    y[54321] = 1.0; // one sample wide: drawn at the upper edge
    axes.line(x, y, mark::series);
    const std::string text = svg.element("");
    const std::string path = text.substr(text.find("<path"));
    EXPECT_LE(count_of(path, "L"), 4 * 201);
    EXPECT_GE(count_of(path, "L"), 2 * 200);
    EXPECT_EQ(count_of(path, " 10L"), 1);
    EXPECT_EQ(count_of(path, "M100 "), 1);
    EXPECT_GE(count_of(path, "L300 "), 1);
}

TEST(Axes, ValuesOutsideStandAtTheEdgeAndNonFiniteOnesNowhere)
{
    Svg svg(400, 200);
    Axes axes(svg, kConfig);
    const double inf = std::numeric_limits<double>::infinity();
    axes.line({ 0, 0.25, 0.5, 0.75, 1 }, { 0, std::nan(""), 100, -inf, 0 }, mark::series);
    EXPECT_EQ(count_of(svg.element(""), "M100 60L200 10L300 60"), 1);
    axes.line({}, {}, mark::context);
    EXPECT_TRUE(well_formed(svg.element("")));
}

TEST(Axes, DotsThatCoverEachOtherAreDrawnOnce)
{
    Svg svg(400, 200);
    Axes axes(svg, kConfig);
    axes.dots({ 0.5, 0.5, 0.50001, 1.0 }, { 0, 0, 0, 0 }, mark::dots);
    EXPECT_EQ(count_of(svg.element(""), "h0"), 2);
}

} // namespace
} // namespace prunedamr::report
