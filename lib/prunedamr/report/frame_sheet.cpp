// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/report/frame_cells.h"

#include "prunedamr/model/class_table.h"
#include "prunedamr/report/svg.h"

#include <algorithm>

namespace prunedamr::report {
namespace {

constexpr double kGap = 24.0;

/// Empty for a class that the table does not know.
std::string definition_of(const std::string& label)
{
    const model::Modulation* row = model::find_modulation(label);
    return row ? std::string(row->definition) : "";
}

/// Drawings of one class, in order.
struct ClassDrawings {
    std::string label;
    std::vector<Svg> drawings;
};

std::vector<ClassDrawings> draw_classes(const std::vector<FrameCell>& cells)
{
    std::vector<ClassDrawings> classes;
    for (const auto& cell : cells) {
        if (classes.empty() || classes.back().label != cell.label)
            classes.push_back({ cell.label, {} });
        for (std::size_t i = 0; i < cell.examples.size(); ++i)
            classes.back().drawings.push_back(draw_frame(cell, i));
    }
    return classes;
}

std::string page_style(const SheetConfig& config)
{
    return "body{max-width:" + std::to_string(1304 * config.columns) + "px}.sheet{display:grid;gap:10px " +
           std::to_string(static_cast<int>(kGap)) + "px;grid-template-columns:repeat(" +
           std::to_string(config.columns) + ",minmax(0,1fr))}svg{width:100%;height:auto}";
}

} // namespace

std::string sheet_html(const SheetConfig& config, const std::vector<FrameCell>& cells)
{
    const auto classes = draw_classes(cells);
    std::string contents, sections;
    for (std::size_t i = 0; i < classes.size(); ++i) {
        const std::string anchor = "class-" + std::to_string(i + 1), label = escape(classes[i].label);
        contents += "<a href=\"#" + anchor + "\">" + label + "</a>\n";
        sections += "<section id=\"" + anchor + "\">\n<h2>" + label + "</h2>\n<p>" +
                    escape(definition_of(classes[i].label)) + "</p>\n<div class=\"sheet\">\n";
        for (const Svg& drawing : classes[i].drawings)
            sections += drawing.element(classes[i].label);
        sections += "</div>\n</section>\n";
    }
    return html_page(config.title, page_style(config),
                     html_element("p", config.note) + "\n<nav>\n" + contents + "</nav>\n" + sections);
}

std::string sheet_svg(const SheetConfig& config, const std::vector<FrameCell>& cells)
{
    const auto classes = draw_classes(cells);
    const double block_width = classes.at(0).drawings.at(0).width(), block_height = classes[0].drawings[0].height();
    constexpr double kMargin = 24.0, kHead = 64.0, kClassHead = 56.0;
    const auto columns = static_cast<std::size_t>(config.columns);
    double height = kMargin + kHead;
    for (const auto& one : classes)
        height += kClassHead + block_height * static_cast<double>((one.drawings.size() + columns - 1) / columns);
    Svg svg(2 * kMargin + config.columns * (block_width + kGap) - kGap, height + kMargin);
    svg.text({ kMargin, kMargin + 18.0 }, config.title, mark::heading);
    svg.text({ kMargin, kMargin + 40.0 }, config.note, mark::note);
    double y = kMargin + kHead;
    for (const auto& one : classes) {
        svg.text({ kMargin, y + 26.0 }, one.label, mark::heading);
        svg.text({ kMargin, y + 45.0 }, definition_of(one.label), mark::note);
        y += kClassHead;
        for (std::size_t i = 0; i < one.drawings.size(); ++i) {
            svg.place(one.drawings[i], { kMargin + static_cast<double>(i % columns) * (block_width + kGap), y });
            if (i % columns + 1 == columns || i + 1 == one.drawings.size())
                y += block_height;
        }
    }
    return svg.document(config.title);
}

} // namespace prunedamr::report
