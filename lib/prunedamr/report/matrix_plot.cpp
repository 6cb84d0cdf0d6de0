// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/report/matrix_plot.h"

#include "prunedamr/base/deflate.h"
#include "prunedamr/base/error.h"
#include "prunedamr/report/axes.h"
#include "prunedamr/report/charts.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdint>

namespace prunedamr::report {
namespace {

constexpr double kTop = 22.0, kLabelGap = 6.0, kScale = 10.0, kScaleRoom = 52.0, kDotRoom = 12.0;
constexpr double kBright = 0.58; // fraction of the scale from which dark numbers are read best

double longest(const std::vector<std::string>& names)
{
    double width = 0.0;
    for (const auto& name : names)
        width = std::max(width, text_width(name));
    return width;
}

struct Layout {
    Box box;              ///< of the cells
    bool upright = false; ///< column names are turned
    double below = 0.0;   ///< room for them
};

Layout layout_of(const MatrixPlot& plot)
{
    Layout layout;
    const double names = longest(plot.columns);
    layout.upright = names > plot.cell_width - 3.0;
    layout.below = (layout.upright ? names + kLabelGap : 14.0) + (plot.x_name.empty() ? 4.0 : 20.0);
    layout.box = { longest(plot.rows) + kLabelGap + (plot.marked.empty() ? 0.0 : kDotRoom), kTop,
                   plot.cell_width * static_cast<double>(plot.columns.size()),
                   plot.cell_height * static_cast<double>(plot.rows.size()) };
    return layout;
}

Box cell_box(const MatrixPlot& plot, const Layout& layout, std::size_t row, std::size_t column)
{
    return { layout.box.x + plot.cell_width * static_cast<double>(column),
             layout.box.y + plot.cell_height * static_cast<double>(row), plot.cell_width, plot.cell_height };
}

void draw_colors(Svg& svg, const MatrixPlot& plot, const Layout& layout)
{
    HeatMap map{ static_cast<int>(plot.columns.size()), static_cast<int>(plot.rows.size()), {} };
    for (const auto& row : plot.values)
        for (const double value : row)
            map.values.push_back(static_cast<float>(value));
    if (map.values.empty())
        return;
    svg.cells(layout.box, png_of(map, static_cast<float>(plot.low), static_cast<float>(plot.high)));
    for (std::size_t row = 0; row < plot.rows.size(); ++row)
        for (std::size_t column = 0; column < plot.columns.size(); ++column)
            if (std::isnan(plot.values[row][column]))
                svg.rect(cell_box(plot, layout, row, column), mark::paper);
}

void draw_texts(Svg& svg, const MatrixPlot& plot, const Layout& layout)
{
    for (std::size_t row = 0; row < plot.texts.size(); ++row)
        for (std::size_t column = 0; column < plot.texts[row].size(); ++column) {
            if (plot.texts[row][column].empty())
                continue;
            const Box box = cell_box(plot, layout, row, column);
            const double value = plot.values[row][column];
            const bool bright = (value - plot.low) / (plot.high - plot.low) > kBright;
            svg.text({ box.x + box.width / 2, box.y + box.height / 2 + 3.5 }, plot.texts[row][column],
                     std::isnan(value) ? mark::on_paper
                     : bright          ? mark::on_light
                                       : mark::on_dark);
        }
}

void draw_names(Svg& svg, const MatrixPlot& plot, const Layout& layout)
{
    const Box& box = layout.box;
    for (std::size_t row = 0; row < plot.rows.size(); ++row) {
        const double y = box.y + plot.cell_height * (static_cast<double>(row) + 0.5);
        const bool marked = !plot.marked.empty() && plot.marked[row];
        if (marked)
            svg.points({ { box.x - kLabelGap, y } }, mark::spot);
        svg.text({ box.x - kLabelGap - (plot.marked.empty() ? 0.0 : kDotRoom - 4.0), y + 3.5 }, plot.rows[row],
                 mark::tick_right);
    }
    const double bottom = box.y + box.height;
    for (std::size_t column = 0; column < plot.columns.size(); ++column) {
        const double x = box.x + plot.cell_width * (static_cast<double>(column) + 0.5);
        if (layout.upright)
            svg.text_upwards({ x + 3.5, bottom + kLabelGap }, plot.columns[column], mark::tick_right);
        else
            svg.text({ x, bottom + 13.0 }, plot.columns[column], mark::tick_left);
    }
    svg.text({ box.x + box.width / 2, bottom + layout.below - 5.0 }, plot.x_name, mark::tick_left);
    svg.text({ box.x, box.y - 8.0 }, plot.title, mark::title);
}

void draw_blocks(Svg& svg, const MatrixPlot& plot, const Layout& layout)
{
    std::size_t first = 0;
    for (const int size : plot.blocks) {
        const Box corner = cell_box(plot, layout, first, first);
        svg.rect({ corner.x, corner.y, plot.cell_width * size, plot.cell_height * size }, mark::border);
        first += static_cast<std::size_t>(size);
    }
}

void draw_scale(Svg& svg, const MatrixPlot& plot, const Box& box)
{
    constexpr int kSteps = 64;
    HeatMap map{ 1, kSteps, {} };
    for (int i = 0; i < kSteps; ++i)
        map.values.push_back(static_cast<float>(kSteps - 1 - i));
    const double x = box.x + box.width + 12.0;
    svg.cells({ x, box.y, kScale, box.height }, png_of(map, 0.0f, kSteps - 1.0f));
    for (const double value : { plot.low, plot.high })
        svg.text({ x + kScale + 4.0, value == plot.low ? box.y + box.height : box.y + 8.0 }, quantity_text(value),
                 mark::tick);
}

} // namespace

Svg draw(const MatrixPlot& plot)
{
    PRUNEDAMR_CHECK(plot.values.size() == plot.rows.size() && plot.low < plot.high &&
                        (plot.marked.empty() || plot.marked.size() == plot.rows.size()),
                    "a matrix has as many rows as names");
    for (const auto& row : plot.values)
        PRUNEDAMR_CHECK(row.size() == plot.columns.size(), "a matrix has as many columns as names");
    const Layout layout = layout_of(plot);
    const Box& box = layout.box;
    const double width = std::max(box.x + box.width + kScaleRoom, box.x + text_width(plot.title) * 1.1);
    Svg svg(width, box.y + box.height + layout.below);
    draw_colors(svg, plot, layout);
    draw_texts(svg, plot, layout);
    draw_names(svg, plot, layout);
    svg.rect(box, mark::frame);
    draw_blocks(svg, plot, layout);
    draw_scale(svg, plot, box);
    return svg;
}

namespace {

constexpr int kColors = 64;

using Color = std::array<std::uint8_t, 3>;

/// matplotlib's viridis (CC0) at 17 even steps; between them straight lines stay within 6 of 255.
constexpr Color kViridis[] = {
    { 68, 1, 84 },    { 72, 24, 106 },  { 71, 45, 123 },  { 66, 64, 134 },  { 59, 82, 139 },  { 51, 99, 141 },
    { 44, 114, 142 }, { 38, 130, 142 }, { 33, 145, 140 }, { 31, 160, 136 }, { 40, 174, 128 }, { 63, 188, 115 },
    { 94, 201, 98 },  { 132, 212, 75 }, { 173, 220, 48 }, { 216, 226, 25 }, { 253, 231, 37 },
};

std::string palette()
{
    std::string bytes;
    for (int i = 0; i < kColors; ++i) {
        const double position = 16.0 * i / (kColors - 1);
        const int at = std::min(15, static_cast<int>(position));
        for (std::size_t k = 0; k < 3; ++k)
            bytes += static_cast<char>(
                std::lround(kViridis[at][k] + (position - at) * (kViridis[at + 1][k] - kViridis[at][k])));
    }
    return bytes;
}

std::string big_endian(std::uint32_t value)
{
    return { static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
             static_cast<char>(value) };
}

std::string chunk(const std::string& type, const std::string& content)
{
    return big_endian(static_cast<std::uint32_t>(content.size())) + type + content +
           big_endian(crc32(type + content));
}

} // namespace

std::string png_of(const HeatMap& map, float low, float high)
{
    PRUNEDAMR_CHECK(map.columns > 0 && map.rows > 0 && map.columns <= 4096 && map.rows <= 4096 &&
                        map.values.size() == static_cast<std::size_t>(map.columns) * map.rows && low < high,
                    "a heat map has its size and a range");
    std::string lines;
    for (std::size_t i = 0; i < map.values.size(); ++i) {
        if (i % static_cast<std::size_t>(map.columns) == 0)
            lines += '\0'; // no filter
        const float fraction = (map.values[i] - low) / (high - low);
        lines += static_cast<char>(fraction > 0.0f ? std::lround(std::min(fraction, 1.0f) * (kColors - 1)) : 0);
    }
    const std::string header = big_endian(static_cast<std::uint32_t>(map.columns)) +
                               big_endian(static_cast<std::uint32_t>(map.rows)) +
                               std::string("\x08\x03\x00\x00\x00", 5); // 8 bits, palette
    return "\x89PNG\r\n\x1a\n" + chunk("IHDR", header) + chunk("PLTE", palette()) + chunk("IDAT", deflated(lines)) +
           chunk("IEND", "");
}

namespace {

constexpr double kCell = 16.0, kGridTop = 8.0;

bool holds(const std::vector<std::string>& list, const std::string& name)
{
    return std::find(list.begin(), list.end(), name) != list.end();
}

bool is_digit(char c)
{
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

void draw_key(Svg& svg, Point at)
{
    const std::pair<const char*, const char*> entries[] = { { mark::kept, "kept" },
                                                            { mark::fresh, "kept with new weights" },
                                                            { mark::gone, "taken out" } };
    for (const auto& [mark, text] : entries) {
        svg.rect({ at.x, at.y, kCell - 3.0, kCell - 3.0 }, mark);
        svg.text({ at.x + kCell + 2.0, at.y + 10.0 }, text, mark::note);
        at.x += kCell + 24.0 + text_width(text);
    }
}

} // namespace

bool natural_less(const std::string& a, const std::string& b)
{
    std::size_t i = 0, j = 0;
    while (i < a.size() && j < b.size()) {
        if (!is_digit(a[i]) || !is_digit(b[j])) {
            if (a[i] != b[j])
                return a[i] < b[j];
            ++i, ++j;
            continue;
        }
        const auto number = [](const std::string& text, std::size_t& at) {
            while (at + 1 < text.size() && text[at] == '0' && is_digit(text[at + 1]))
                ++at;
            const std::size_t first = at;
            while (at < text.size() && is_digit(text[at]))
                ++at;
            return text.substr(first, at - first);
        };
        const std::string left = number(a, i), right = number(b, j);
        if (left != right)
            return left.size() != right.size() ? left.size() < right.size() : left < right;
    }
    return a.size() - i < b.size() - j;
}

std::vector<std::string> units_of(const std::vector<const Run*>& runs)
{
    std::vector<std::string> units, others;
    for (const Run* run : runs)
        if (run->base_units.size() > units.size())
            units = run->base_units;
    for (const Run* run : runs)
        for (const auto* list : { &run->removed_units, &run->fresh_units })
            for (const std::string& name : *list)
                if (!holds(units, name) && !holds(others, name))
                    others.push_back(name);
    std::sort(others.begin(), others.end(), natural_less);
    units.insert(units.end(), others.begin(), others.end());
    return units;
}

Svg unit_grid(const std::vector<const Run*>& runs)
{
    const auto units = units_of(runs);
    PRUNEDAMR_CHECK(!units.empty(), "a grid has units");
    double left = 0.0, below = 0.0;
    for (const Run* run : runs)
        left = std::max(left, text_width(shortened(run->name, kNameCharacters)) + 8.0);
    for (const std::string& unit : units)
        below = std::max(below, text_width(unit) + 8.0);
    const double bottom = kGridTop + kCell * static_cast<double>(runs.size());
    Svg svg(std::max(left + kCell * static_cast<double>(units.size()) + 4.0, left + 330.0), bottom + below + 26.0);
    for (std::size_t row = 0; row < runs.size(); ++row) {
        const double y = kGridTop + kCell * static_cast<double>(row);
        svg.text({ left - 6.0, y + 11.0 }, shortened(runs[row]->name, kNameCharacters), mark::tick_right);
        for (std::size_t column = 0; column < units.size(); ++column) {
            const char* mark = holds(runs[row]->removed_units, units[column]) ? mark::gone
                               : holds(runs[row]->fresh_units, units[column]) ? mark::fresh
                                                                              : mark::kept;
            svg.rect({ left + kCell * static_cast<double>(column), y, kCell - 3.0, kCell - 3.0 }, mark);
        }
    }
    for (std::size_t column = 0; column < units.size(); ++column)
        svg.text_upwards({ left + kCell * static_cast<double>(column) + 10.0, bottom + 2.0 }, units[column],
                         mark::tick_right);
    draw_key(svg, { left, bottom + below + 8.0 });
    return svg;
}

} // namespace prunedamr::report
