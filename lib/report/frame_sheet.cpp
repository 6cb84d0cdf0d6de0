// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/report/frame_sheet.h"

#include "prunedamr/base/modulation.h"

#include <algorithm>

namespace prunedamr::report {
namespace {

constexpr double kGap = 24.0;

/// Empty for a class that the table does not know.
std::string definition_of(const std::string& label)
{
    const Modulation* row = find_modulation(label);
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
    return "body{margin:0 auto;padding:28px;max-width:" + std::to_string(1304 * config.columns) +
           "px;font:15px/1.5 Inter,'Helvetica Neue','DejaVu Sans',Arial,sans-serif;background:#fff;color:#14181f}"
           "h1{font-size:26px;margin:0}h2{font-size:21px;margin:44px 0 0}p{margin:2px 0 14px;color:#5b6470}"
           "nav{display:flex;flex-wrap:wrap;gap:6px 8px;margin:18px 0}"
           "nav a{padding:2px 11px;border:1px solid #9aa1ab;border-radius:12px;color:inherit;text-decoration:none}"
           ".sheet{display:grid;gap:10px " +
           std::to_string(static_cast<int>(kGap)) + "px;grid-template-columns:repeat(" +
           std::to_string(config.columns) +
           ",minmax(0,1fr))}svg{width:100%;height:auto}"
           "@media(prefers-color-scheme:dark){body{background:#14171c;color:#eceff3}p{color:#a5adb8}}";
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
    return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"color-scheme\" content=\"light "
           "dark\">\n"
           "<title>" +
           escape(config.title) + "</title>\n<style>" + style_sheet() + page_style(config) +
           "</style>\n</head>\n<body>\n<h1>" + escape(config.title) + "</h1>\n<p>" + escape(config.note) +
           "</p>\n<nav>\n" + contents + "</nav>\n" + sections + "</body>\n</html>\n";
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
