// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/report/measurement_page.h"

#include "prunedamr/base/error.h"
#include "prunedamr/report/axes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace prunedamr::report {
namespace {

using measure::Estimate;
using measure::Measurement;
using measure::Method;
using measure::Quantity;

constexpr const char* kMeasurementStyle =
    "body{max-width:1400px}svg{max-width:100%;height:auto}"
    ".wide{overflow-x:auto}"
    "table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums}"
    "th,td{padding:4px 14px 4px 0;text-align:left;border-bottom:1px solid #9aa1ab55;vertical-align:top}"
    "thead th{color:#5b6470;font-weight:600}a{color:inherit}"
    ".tables,.drawings{display:flex;flex-wrap:wrap;gap:14px 40px;align-items:flex-start;margin-top:12px}"
    "section{break-inside:avoid}"
    "@media(prefers-color-scheme:dark){thead th{color:#a5adb8}}";

constexpr std::pair<std::string_view, const char*> kUnits[] = { // by the end of a quantity's name
    { "_hz_per_s", "Hz/s" },
    { "_hz", "Hz" },
    { "_s", "s" },
    { "_db", "dB" }
};

std::pair<std::string, std::string> title_and_unit(Quantity quantity)
{
    std::string name = measure::quantity_name(quantity), unit;
    for (const auto& [end, text] : kUnits)
        if (name.size() > end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0) {
            name.resize(name.size() - end.size());
            unit = text;
            break;
        }
    std::replace(name.begin(), name.end(), '_', ' ');
    return { name, unit };
}

std::string row(const std::vector<std::string>& cells, std::string_view kind = "td")
{
    std::string html = "<tr>";
    for (const std::string& cell : cells)
        html += html_element(kind, cell);
    return html + "</tr>\n";
}

/// What the measurement says in a few words.
std::string verdict(const Measurement& found)
{
    if (found.method == Method::none)
        return std::string("nothing: ") + to_string(found.refusal);
    std::string text = to_string(found.method);
    if (found.score_count > 0)
        text += std::string(", ") + found.alphabet + (found.is_accepted ? "" : " (not sure)");
    if (found.is_shaped)
        text += ", shaped";
    return text + (found.is_equalized ? ", equalized" : "");
}

std::string numbers_table(const Measurement& found)
{
    std::string html;
    for (int i = 0; i < measure::kQuantities; ++i)
        if (const auto& number = found.numbers[static_cast<std::size_t>(i)]) {
            const auto quantity = static_cast<Quantity>(i);
            const bool is_bound = quantity == Quantity::modulation_index && found.is_index_bound;
            html +=
                row({ quantity_title(quantity), (is_bound ? "at least " : "") + estimate_text(quantity, *number) });
        }
    return html.empty() ? ""
                        : "<table><thead>" + row({ "measured", "with its standard error" }, "th") + "</thead>\n" +
                              html + "</table>\n";
}

std::string alphabets_table(const Measurement& found)
{
    if (found.score_count == 0)
        return "";
    double sum = 0.0;
    for (int i = 0; i < found.score_count; ++i)
        sum += std::exp(found.scores[static_cast<std::size_t>(i)].log_likelihood - found.scores[0].log_likelihood);
    std::string html =
        "<table><thead>" +
        row({ "alphabet", "ln of its odds against the best", "if all were as likely before" }, "th") + "</thead>\n";
    for (int i = 0; i < std::min(found.score_count, 8); ++i) {
        const auto& score = found.scores[static_cast<std::size_t>(i)];
        const double odds = score.log_likelihood - found.scores[0].log_likelihood;
        html += row({ std::string(score.name) + (score.is_decoy ? " (has no label)" : ""),
                      tick_text(std::round(10.0 * odds) / 10.0, 0.1),
                      fmt::format("{:.1f} %", 100.0 * std::exp(odds) / sum) });
    }
    return html + "</table>\n";
}

/// "433.9200 MHz", or the offset where the capture does not say where it was received.
std::string place_text(const MeasuredCapture& capture, double center_hz)
{
    if (capture.center_freq_hz)
        return fmt::format("{:.6f} MHz", (*capture.center_freq_hz + center_hz) / 1e6);
    return tick_text(std::round(center_hz / 10.0) / 100.0, 0.01) + " kHz from its center";
}

std::string section(const MeasuredCapture& capture, const MeasuredDecision& decision, std::size_t number)
{
    std::string html =
        fmt::format("<section id=\"decision-{}\">\n", number) +
        html_element("h2", fmt::format("{:.4f} s: {}", decision.start_s, verdict(decision.found))) + "\n" +
        html_element("p",
                     fmt::format("{:.3f} ms at {}, {} wide{}", 1e3 * decision.duration_s,
                                 place_text(capture, decision.center_hz), frequency_text(decision.bandwidth_hz),
                                 decision.label.empty() ? "" : "; annotated as " + decision.label)) +
        "\n<div class=\"tables\">\n" + numbers_table(decision.found) + alphabets_table(decision.found) +
        "</div>\n<div class=\"drawings\">\n";
    for (const auto& [name, drawing] : measurement_drawings(decision, capture.sample_rate_hz))
        html += drawing.element(name);
    return html + "</div>\n</section>\n";
}

} // namespace

std::string quantity_title(Quantity quantity)
{
    return title_and_unit(quantity).first;
}

std::string frequency_text(double hz)
{
    for (const auto& [from, unit] : { std::pair(1e9, "GHz"), std::pair(1e6, "MHz"), std::pair(1e3, "kHz") })
        if (std::fabs(hz) >= from)
            return fmt::format("{:.4g} {}", hz / from, unit);
    return fmt::format("{:.4g} Hz", hz);
}

std::string estimate_text(Quantity quantity, const Estimate& estimate)
{
    std::string text;
    if (std::isfinite(estimate.error) && estimate.error > 0.0) {
        const int decimals = std::clamp(1 - static_cast<int>(std::floor(std::log10(estimate.error))), 0, 9);
        text = fmt::format("{:.{}f} \u00b1 {:.{}f}", estimate.value, decimals, estimate.error, decimals);
    } else {
        text = fmt::format("{:.6g}", estimate.value);
    }
    if (text.front() == '-')
        text.replace(0, 1, "\u2212");
    const std::string unit = title_and_unit(quantity).second;
    return unit.empty() ? text : text + " " + unit;
}

std::string measurement_page(const MeasuredCapture& capture)
{
    PRUNEDAMR_CHECK(capture.sample_rate_hz > 0.0, "samples have a rate");
    std::string table = "<div class=\"wide\"><table>\n<thead>" +
                        row({ "start", "length", "annotated as", "center", "bandwidth", "measured" }, "th") +
                        "</thead>\n<tbody>\n";
    std::string sections;
    for (std::size_t i = 0; i < capture.decisions.size(); ++i) {
        const MeasuredDecision& decision = capture.decisions[i];
        const std::string start = fmt::format("{:.4f} s", decision.start_s);
        const bool is_drawn = !decision.samples.empty();
        table += "<tr><td>" + (is_drawn ? fmt::format("<a href=\"#decision-{}\">{}</a>", i + 1, start) : start) +
                 "</td>" +
                 row({ fmt::format("{:.3f} ms", 1e3 * decision.duration_s), decision.label,
                       place_text(capture, decision.center_hz), frequency_text(decision.bandwidth_hz),
                       verdict(decision.found) })
                     .substr(4); // its row has begun
        if (is_drawn)
            sections += section(capture, decision, i + 1);
    }
    const std::string facts = fmt::format(
        "{} decisions, samples at {}{}. Errors are one standard error. What is drawn is the first decision of each "
        "kind.",
        capture.decisions.size(), frequency_text(capture.sample_rate_hz),
        capture.center_freq_hz ? fmt::format(", received at {:.6f} MHz", *capture.center_freq_hz / 1e6) : "");
    return html_page(capture.name, kMeasurementStyle,
                     html_element("p", facts) + "\n" + table + "</tbody>\n</table></div>\n" + sections);
}

} // namespace prunedamr::report
