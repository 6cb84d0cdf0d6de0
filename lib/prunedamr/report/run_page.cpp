// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/report/run_page.h"

#include "prunedamr/base/error.h"
#include "prunedamr/report/axes.h"
#include "prunedamr/report/svg.h"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

namespace prunedamr::report {
namespace {

constexpr const char* kRunStyle =
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
                      "In color and joined: no other run is both cheaper and more accurate.",
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
                             tick_text(kHighSnrDb, 1.0) +
                             " dB and more. Small print: the change against the network that the run started from.";
    body = html_element("p", note) + "\n" + contents + run_table(runs) + body + "<h2 id=\"runs\">Each run</h2>\n";
    for (std::size_t i = 0; i < runs.size(); ++i)
        body += run_section(runs[i], i + 1);
    return html_page(title, kRunStyle, body);
}

namespace {

/// 852795 -> "852 795", with narrow spaces that do not break.
std::string grouped(std::int64_t value)
{
    std::string digits = std::to_string(value), text;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0 && digits[i - 1] != '-')
            text += "\u202f";
        text += digits[i];
    }
    return text;
}

/// A number, and in small print what it is compared with.
std::string cell(const std::string& value, const std::string& note = "")
{
    return "<td>" + escape(value) + (note.empty() ? "" : html_element("small", note)) + "</td>";
}

std::string signed_points(double points)
{
    return (points < 0.0 ? "\u2212" : "+") + fmt::format("{:.2f}", std::abs(points));
}

std::string accuracy_cell(const std::optional<double>& after, const std::optional<double>& before)
{
    if (!after)
        return cell("");
    return cell(fmt::format("{:.2f}", 100.0 * *after), before ? signed_points(100.0 * (*after - *before)) : "");
}

std::optional<double> mean_of(const std::optional<Accuracy>& accuracy)
{
    return accuracy ? std::optional(accuracy->mean) : std::nullopt;
}

std::optional<double> high_of(const std::optional<Accuracy>& accuracy)
{
    return accuracy ? accuracy->at_high_snr() : std::nullopt;
}

std::string change(double before, double after)
{
    const double percent = before > 0.0 ? 100.0 * (after / before - 1.0) : 0.0;
    return (percent < 0.0 ? "\u2212" : "+") + fmt::format("{:.1f}", std::abs(percent)) + " %";
}

std::string cost_cell(const Run& run, std::int64_t graph::Cost::*figure)
{
    if (!run.cost)
        return cell("");
    const double after = static_cast<double>((*run.cost).*figure);
    return cell(grouped((*run.cost).*figure),
                run.base_cost ? change(static_cast<double>((*run.base_cost).*figure), after) : "");
}

std::string latency_cell(const Run& run)
{
    if (!run.latency_us)
        return cell("");
    return cell(fmt::format("{:.1f}", *run.latency_us),
                run.base_latency_us ? change(*run.base_latency_us, *run.latency_us) : "");
}

/// Of the whole run; else of its epochs, which is less.
std::string minutes_cell(const Run& run)
{
    if (run.minutes)
        return cell(fmt::format("{:.1f}", *run.minutes));
    const double seconds = std::accumulate(run.epochs.begin(), run.epochs.end(), 0.0,
                                           [](double sum, const TrainingEpoch& e) { return sum + e.seconds; });
    return seconds > 0.0 ? cell(fmt::format("{:.1f}", seconds / 60.0), "training") : cell("");
}

} // namespace

std::string run_table(const std::vector<Run>& runs)
{
    std::string rows;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const Run& run = runs[i];
        rows += "<tr><th><a href=\"#run-" + std::to_string(i + 1) + "\">" + escape(run.name) + "</a></th><td>" +
                escape(run.method) + "</td><td>" + escape(run.base) + "</td><td>" + escape(run.budget) + "</td>" +
                accuracy_cell(mean_of(run.test), mean_of(run.base_test)) +
                accuracy_cell(high_of(run.test), high_of(run.base_test)) + cost_cell(run, &graph::Cost::params) +
                cost_cell(run, &graph::Cost::macs) + cost_cell(run, &graph::Cost::paper_flops) +
                cost_cell(run, &graph::Cost::bytes) + latency_cell(run) + minutes_cell(run) + "</tr>\n";
    }
    return "<div class=\"wide\"><table>\n<thead><tr><th>run</th><th>method</th><th>base</th><th>budget</th>"
           "<th>accuracy, %</th><th>at " +
           tick_text(kHighSnrDb, 1.0) +
           " dB and more, %</th><th>params</th><th>MACs</th><th>paper_flops</th><th>bytes</th>"
           "<th>latency, \u00b5s</th><th>minutes</th></tr></thead>\n<tbody>\n" +
           rows + "</tbody></table></div>\n";
}

} // namespace prunedamr::report
