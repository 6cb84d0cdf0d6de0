// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/rng.h"
#include "prunedamr/report/charts.h"
#include "prunedamr/report/matrix_plot.h"
#include "tests/report/well_formed.h"

#include <cmath>
#include <limits>
#include <set>

namespace prunedamr::report {
namespace {

TEST(LineChart, EachSeriesHasItsOwnLookAndAName)
{
    std::vector<Series> series;
    std::set<std::string> looks;
    for (int i = 0; i < 28; ++i) {
        series.push_back({ "run <" + std::to_string(i) + ">", { 0, 1, 2 }, { 0.0, std::nan(""), 1.0 * i } });
        looks.insert(series_mark(static_cast<std::size_t>(i)));
    }
    EXPECT_EQ(looks.size(), 28u);
    const std::string text = line_chart({ "t", "x" }, series).element("");
    EXPECT_TRUE(well_formed(text));
    EXPECT_EQ(count_of(text, "run &lt;27&gt;"), 1);
    EXPECT_EQ(count_of(text, "<path"), 2 * 28); // line and key
    for (const std::vector<Series>& odd :
         { std::vector<Series>{}, { { "", {}, {} } }, { { "one", { 3 }, { 4 } } } })
        EXPECT_TRUE(well_formed(line_chart({ "t", "x" }, odd).element("")));
}

TEST(LineChart, CountsHaveNoTicksBetweenWholeNumbers)
{
    LineChartConfig config{ "t", "epoch" };
    config.whole_x = true;
    for (const double last : { 2.0, 4.0, 50.0 }) {
        const std::string text = line_chart(config, { { "", { 1, last }, { 10, 20 } } }).element("");
        EXPECT_EQ(count_of(text, ".5</text>") + count_of(text, ".0</text>"), 0) << last;
    }
}

TEST(LineChart, LongNamesLoseTheirEndButNoHalfCharacter)
{
    EXPECT_EQ(shortened("abc", 3), "abc");
    EXPECT_EQ(shortened("abcd", 3), "ab\u2026");
    EXPECT_EQ(shortened("a\u03c0\u03c0", 4), "a\u03c0\u2026");
}

MatrixPlot square(std::size_t size, double value)
{
    MatrixPlot plot;
    for (std::size_t i = 0; i < size; ++i)
        plot.rows.push_back("unit" + std::to_string(i));
    plot.columns = plot.rows;
    plot.values.assign(size, std::vector<double>(size, value));
    return plot;
}

TEST(MatrixPlot, DrawsBlocksMarksAndNumbers)
{
    MatrixPlot plot = square(5, 0.9);
    plot.values[1][2] = std::nan("");
    plot.values[0][0] = 0.1;
    plot.texts.assign(5, std::vector<std::string>(5, "7"));
    plot.blocks = { 2, 3 };
    plot.marked = { true, false, false, true, false };
    const std::string text = draw(plot).element("m");
    EXPECT_TRUE(well_formed(text));
    EXPECT_EQ(count_of(text, "class=\"border\""), 2);
    EXPECT_EQ(count_of(text, "width=\"48\" height=\"48\" class=\"border\""), 1); // 3 cells of 16
    EXPECT_EQ(count_of(text, "class=\"dots spot\""), 2);
    EXPECT_EQ(count_of(text, "class=\"paper\""), 1); // the NaN
    EXPECT_EQ(count_of(text, "class=\"cell light\""), 1);
    EXPECT_EQ(count_of(text, "class=\"cell black\""), 23);
    EXPECT_EQ(count_of(text, "rotate(-90)"), 5);
    EXPECT_TRUE(well_formed(draw(square(0, 0)).element("")));
    EXPECT_TRUE(well_formed(draw(square(61, 0.5)).element("")));
    plot.values.pop_back();
    EXPECT_DEATH(draw(plot), "as many rows");
}

TEST(ParetoFront, IsWhatNoOtherPointBeats)
{
    Rng rng(7);
    for (int size : { 0, 1, 2, 13, 97 }) {
        std::vector<ParetoPoint> points;
        for (int i = 0; i < size; ++i) // few values, so that many are equal
            points.push_back(
                { "p", 1.0 + static_cast<double>(rng.integer(0, 20)), static_cast<double>(rng.integer(0, 20)) });
        std::set<std::size_t> expected;
        for (std::size_t i = 0; i < points.size(); ++i) {
            bool beaten = false;
            for (const auto& other : points)
                beaten = beaten || (other.cost <= points[i].cost && other.accuracy >= points[i].accuracy &&
                                    (other.cost < points[i].cost || other.accuracy > points[i].accuracy));
            if (!beaten)
                expected.insert(i);
        }
        const auto front = pareto_front(points);
        EXPECT_EQ(std::set<std::size_t>(front.begin(), front.end()), expected) << size;
        EXPECT_EQ(front.size(), expected.size());
        for (std::size_t i = 1; i < front.size(); ++i)
            EXPECT_LE(points[front[i - 1]].cost, points[front[i]].cost);
    }
}

TEST(ParetoPlot, NamesEveryPointOnceAndNoTwoOnOnePlace)
{
    std::vector<ParetoPoint> points;
    for (int i = 0; i < 12; ++i)
        points.push_back({ "method" + std::to_string(i) + ";", 1e5, 0.6 + 1e-5 * i });
    points.push_back({ "base;", 4.1e7, 0.62 });
    const std::string text = pareto_plot({ "t", "MACs" }, points).element("");
    EXPECT_TRUE(well_formed(text));
    std::set<std::string> places;
    int names = 0;
    for (std::size_t at = text.find("<text "); at != std::string::npos; at = text.find("<text ", at + 1)) {
        const std::string element = text.substr(at, text.find("</text>", at) - at);
        if (element.find(';') == std::string::npos)
            continue;
        ++names;
        places.insert(element.substr(0, element.find(" class")));
    }
    EXPECT_EQ(names, 13);
    EXPECT_EQ(places.size(), 13u);
    EXPECT_EQ(count_of(text, "dots spot gray"), 11); // the best of the cheap ones and the base are the front
}

TEST(UnitGrid, NumbersInNamesAreComparedAsNumbers)
{
    EXPECT_TRUE(natural_less("stage1.unit9", "stage1.unit10"));
    EXPECT_TRUE(natural_less("stage1.unit10", "stage2.unit1"));
    EXPECT_FALSE(natural_less("unit2", "unit2"));
    EXPECT_TRUE(natural_less("unit2", "unit2.conv"));
    EXPECT_TRUE(natural_less("a07", "a8"));
    EXPECT_FALSE(natural_less("b", "a7"));
    EXPECT_TRUE(natural_less("", "a"));
}

TEST(UnitGrid, ShowsWhatStaysAndWhatGoes)
{
    report::Run knows, other;
    knows.name = "knows";
    knows.base_units = { "stem", "u2", "u10" };
    knows.removed_units = { "u10" };
    other.name = "other";
    other.removed_units = { "u2", "u11" };
    other.fresh_units = { "stem" };
    const std::vector<const report::Run*> runs{ &knows, &other };
    EXPECT_EQ(units_of(runs), (std::vector<std::string>{ "stem", "u2", "u10", "u11" }));
    EXPECT_EQ(units_of({ &other }), (std::vector<std::string>{ "stem", "u2", "u11" }));
    const std::string text = unit_grid(runs).element("");
    EXPECT_TRUE(well_formed(text));
    EXPECT_EQ(count_of(text, "class=\"gone\""), 3 + 1); // and the key
    EXPECT_EQ(count_of(text, "class=\"fresh\""), 1 + 1);
    EXPECT_EQ(count_of(text, "class=\"kept\""), 4 + 1);
}

} // namespace
} // namespace prunedamr::report
