// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/report/run_page.h"

#include "prunedamr/base/error.h"
#include "prunedamr/report/axes.h"
#include "prunedamr/report/html.h"
#include "prunedamr/report/run_drawings.h"

namespace prunedamr::report {
namespace {

constexpr const char* kStyle =
    "body{max-width:1500px}svg{max-width:100%;height:auto}"
    ".wide{overflow-x:auto}"
    "table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums;white-space:nowrap}"
    "th,td{padding:4px 12px;text-align:right;border-bottom:1px solid #9aa1ab55;vertical-align:top}"
    "thead th{white-space:normal;vertical-align:bottom;color:#5b6470;font-weight:600}"
    "tbody th,th:first-child,td:nth-child(-n+4),thead th:nth-child(-n+4){text-align:left}"
    "td small{display:block;color:#5b6470;font-size:12px}"
    "a{color:inherit}.drawings{display:flex;flex-wrap:wrap;gap:18px 34px;align-items:flex-start;margin-top:12px}"
    "h3{font-size:17px;margin:34px 0 0}code{font-size:13px;overflow-wrap:anywhere}"
    "@media(prefers-color-scheme:dark){td small,thead th{color:#a5adb8}}";

void append(Drawings& all, Drawings more)
{
    for (auto& one : more)
        all.push_back(std::move(one));
}

std::string drawn(const Drawings& drawings)
{
    std::string html = "<div class=\"drawings\">\n";
    for (const auto& [name, drawing] : drawings)
        html += drawing.element(name);
    return html + "</div>\n";
}

/// A part of the page and its link at the top; nothing if there is nothing to draw.
struct Part {
    std::string anchor, heading, note;
    Drawings drawings;
};

std::vector<Part> parts_of(const std::vector<Run>& runs)
{
    Drawings removed = unit_drawings(runs);
    append(removed, channel_drawings(runs));
    std::vector<Part> parts;
    parts.push_back({ "cost", "Accuracy against cost",
                      "In colour and joined: no other run is both cheaper and more accurate.",
                      pareto_drawings(runs) });
    parts.push_back({ "snr", "Accuracy by SNR", "", snr_drawings(runs) });
    parts.push_back({ "attacks", "Robustness", "Accuracy when each frame is perturbed against the network.",
                      attack_drawings(runs) });
    parts.push_back({ "removed", "What each method took out", "", std::move(removed) });
    return parts;
}

std::string facts_of(const Run& run)
{
    std::string facts = run.method.empty() ? "measured" : run.method;
    if (!run.base.empty())
        facts += " from " + run.base;
    if (!run.budget.empty())
        facts += ", budget " + run.budget;
    if (run.best_epoch > 0)
        facts += ", best epoch " + std::to_string(run.best_epoch) + " of " + std::to_string(run.epochs.size());
    return facts + ", read from " + run.file;
}

std::string run_section(const Run& run, std::size_t number)
{
    Drawings drawings = training_drawings(run);
    append(drawings, change_drawings(run));
    append(drawings, confusion_drawings(run));
    append(drawings, similarity_drawings(run));
    append(drawings, front_drawings(run));
    return "<section id=\"run-" + std::to_string(number) + "\">\n" + html_element("h3", run.name) + "\n" +
           html_element("p", facts_of(run)) + "\n" +
           (run.command.empty() ? "" : "<p>" + html_element("code", run.command) + "</p>\n") + drawn(drawings) +
           "</section>\n";
}

} // namespace

std::string run_page(const std::string& title, const std::vector<Run>& runs)
{
    PRUNEDAMR_CHECK(!runs.empty(), "a page has runs");
    std::string contents = "<nav>\n", body;
    for (const Part& part : parts_of(runs)) {
        if (part.drawings.empty())
            continue;
        contents += "<a href=\"#" + part.anchor + "\">" + escape(part.heading) + "</a>\n";
        body += "<section id=\"" + part.anchor + "\">\n" + html_element("h2", part.heading) + "\n" +
                (part.note.empty() ? "" : html_element("p", part.note) + "\n") + drawn(part.drawings) +
                "</section>\n";
    }
    contents += "<a href=\"#runs\">Each run</a>\n</nav>\n";
    const std::string note = "Accuracy on the test part; high SNR is the mean over labels of " +
                             tick_text(kHighSnr_db, 1.0) +
                             " dB and more. Small print: the change against the network that the run started from.";
    body = html_element("p", note) + "\n" + contents + run_table(runs) + body + "<h2 id=\"runs\">Each run</h2>\n";
    for (std::size_t i = 0; i < runs.size(); ++i)
        body += run_section(runs[i], i + 1);
    return html_page(title, kStyle, body);
}

} // namespace prunedamr::report
