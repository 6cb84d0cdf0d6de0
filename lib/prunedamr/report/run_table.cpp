// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/report/axes.h"
#include "prunedamr/report/html.h"
#include "prunedamr/report/run_page.h"
#include "prunedamr/report/svg.h"

#include <cmath>
#include <cstdio>
#include <numeric>

namespace prunedamr::report {
namespace {

std::string format(const char* pattern, double value)
{
    char text[64];
    std::snprintf(text, sizeof text, pattern, value);
    return text;
}

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
    return (points < 0.0 ? "\u2212" : "+") + format("%.2f", std::abs(points));
}

std::string accuracy_cell(const std::optional<double>& after, const std::optional<double>& before)
{
    if (!after)
        return cell("");
    return cell(format("%.2f", 100.0 * *after), before ? signed_points(100.0 * (*after - *before)) : "");
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
    return (percent < 0.0 ? "\u2212" : "+") + format("%.1f", std::abs(percent)) + " %";
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
    return cell(format("%.1f", *run.latency_us),
                run.base_latency_us ? change(*run.base_latency_us, *run.latency_us) : "");
}

/// Of the whole run; else of its epochs, which is less.
std::string minutes_cell(const Run& run)
{
    if (run.minutes)
        return cell(format("%.1f", *run.minutes));
    const double seconds = std::accumulate(run.epochs.begin(), run.epochs.end(), 0.0,
                                           [](double sum, const TrainingEpoch& e) { return sum + e.seconds; });
    return seconds > 0.0 ? cell(format("%.1f", seconds / 60.0), "training") : cell("");
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
           tick_text(kHighSnr_db, 1.0) +
           " dB and more, %</th><th>params</th><th>MACs</th><th>paper_flops</th><th>bytes</th>"
           "<th>latency, \u00b5s</th><th>minutes</th></tr></thead>\n<tbody>\n" +
           rows + "</tbody></table></div>\n";
}

} // namespace prunedamr::report
