// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/report/unit_grid.h"

#include "prunedamr/base/error.h"
#include "prunedamr/report/line_chart.h"

#include <algorithm>
#include <cctype>

namespace prunedamr::report {
namespace {

constexpr double kCell = 16.0, kTop = 8.0;
constexpr std::size_t kNameCharacters = 40;

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
    const double bottom = kTop + kCell * static_cast<double>(runs.size());
    Svg svg(std::max(left + kCell * static_cast<double>(units.size()) + 4.0, left + 330.0), bottom + below + 26.0);
    for (std::size_t row = 0; row < runs.size(); ++row) {
        const double y = kTop + kCell * static_cast<double>(row);
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
