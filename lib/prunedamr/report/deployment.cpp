// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/report/deployment.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/json_object.h"
#include "prunedamr/report/charts.h"
#include "prunedamr/report/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace prunedamr::report {
namespace {

constexpr double kSecondsPerYear = 365.25 * 86400.0, kJoulesPerKilowattHour = 3.6e6, kMost = 1e12;

Deployment::Candidate read_candidate(const nlohmann::json& json, const std::string& where)
{
    if (json.is_string())
        return { json.get<std::string>(), {}, {} };
    JsonObject object(json, where);
    Deployment::Candidate candidate{ object.string("model"), object.optional_number("training_hours", 0.0, 1e6),
                                     object.optional_number("millijoules_per_frame", 0.0, 1e6) };
    object.finish();
    return candidate;
}

} // namespace

Deployment read_deployment(const std::string& json, const std::string& where)
{
    const auto parsed = parse_json(json, where, "a plan: see docs/user/deployment.md");
    JsonObject object(parsed, where);
    Deployment plan;
    for (const auto& one : object.list("models"))
        plan.candidates.push_back(read_candidate(one, where + ": models"));
    if (plan.candidates.empty())
        object.refuse("models", "at least one model");
    plan.base = object.string_or("base", plan.candidates.front().model);
    plan.data = object.string_or("data", plan.data);
    if (object.has("frames_per_class"))
        plan.frames_per_class = object.integer("frames_per_class", 10, 10000000);
    if (object.has("seed"))
        plan.seed = static_cast<std::uint64_t>(object.integer("seed", 0));
    if (const auto* matrix = object.find("cost_matrix"))
        plan.cost_matrix = matrix->dump();
    plan.receivers = object.number_or("receivers", plan.receivers, 1.0, 1e9);
    plan.decisions_per_s = object.number_or("decisions_per_s", plan.decisions_per_s, 0.0, 1e6);
    plan.frames_per_decision = object.number_or("frames_per_decision", plan.frames_per_decision, 1.0, 8.0);
    plan.updates_per_year = object.number_or("updates_per_year", plan.updates_per_year, 0.0, 1e6);
    plan.link_bit_per_s = object.number_or("link_bit_per_s", plan.link_bit_per_s, 0.0, kMost);
    static const nlohmann::json kNone = nlohmann::json::object();
    const auto* found = object.find("prices");
    JsonObject prices(found ? *found : kNone, where + ": prices");
    plan.prices = { prices.number_or("mistake", 0.0, 0.0, kMost), prices.number_or("kilowatt_hour", 0.0, 0.0, kMost),
                    prices.number_or("link_megabyte", 0.0, 0.0, kMost), prices.number_or("training_hour", 0.0, 0.0, kMost) };
    prices.finish();
    found = object.find("limits");
    JsonObject limits(found ? *found : kNone, where + ": limits");
    plan.limits = { limits.optional_number("latency_us", 0.0, kMost), limits.optional_number("memory_bytes", 0.0, kMost),
                    limits.optional_number("update_bytes", 0.0, kMost), limits.optional_number("update_s", 0.0, kMost) };
    limits.finish();
    object.finish();
    return plan;
}

Weighed weigh(const Deployment& plan, const Measured& measured)
{
    Weighed row;
    row.measured = measured;
    const double decisions = plan.receivers * plan.decisions_per_s * kSecondsPerYear;
    row.mistakes = decisions * measured.cost * plan.prices.mistake;
    row.link = plan.receivers * plan.updates_per_year * measured.update_bytes / 1e6 * plan.prices.link_megabyte;
    if (plan.link_bit_per_s > 0.0)
        row.update_s = 8.0 * measured.update_bytes / plan.link_bit_per_s;
    if (measured.millijoules_per_frame)
        row.energy = decisions * plan.frames_per_decision * *measured.millijoules_per_frame / 1e3 / kJoulesPerKilowattHour *
                     plan.prices.kilowatt_hour;
    if (measured.training_hours)
        row.training = plan.updates_per_year * *measured.training_hours * plan.prices.training_hour;
    row.total = row.mistakes + row.link + row.energy.value_or(0.0) + row.training.value_or(0.0);
    const auto hold = [&row](const char* what, double value, const std::optional<double>& limit) {
        if (limit && value > *limit)
            row.over += (row.over.empty() ? "" : ", ") + std::string(what);
    };
    hold("latency", measured.latency_us, plan.limits.latency_us);
    hold("memory", measured.memory_bytes, plan.limits.memory_bytes);
    hold("update", measured.update_bytes, plan.limits.update_bytes);
    hold("time of an update", row.update_s, plan.limits.update_s);
    return row;
}

std::vector<std::size_t> ranked(const std::vector<Weighed>& rows)
{
    std::vector<std::size_t> order(rows.size());
    std::iota(order.begin(), order.end(), std::size_t{ 0 });
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return rows[a].over.empty() != rows[b].over.empty() ? rows[a].over.empty() : rows[a].total < rows[b].total;
    });
    return order;
}

namespace {

constexpr const char* kDeploymentStyle =
    "body{max-width:1500px}svg{max-width:100%;height:auto}.wide{overflow-x:auto}"
    "table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums;white-space:nowrap}"
    "th,td{padding:4px 8px;text-align:right;border-bottom:1px solid #9aa1ab55}"
    "thead th{white-space:normal;vertical-align:bottom;color:#5b6470;font-weight:600}"
    "th:first-child,td:nth-child(-n+3),thead th:nth-child(-n+3){text-align:left}"
    "@media(prefers-color-scheme:dark){thead th{color:#a5adb8}}";

std::string money(const std::optional<double>& value)
{
    return !value ? "not known" : fmt::format(*value >= 100.0 || *value == 0.0 ? "{:.0f}" : "{:.3g}", *value);
}

std::string row_of(const Weighed& row)
{
    const Measured& m = row.measured;
    std::string cells = html_element("th", m.name);
    for (const std::string& text :
         { row.over.empty() ? std::string("holds all") : "over: " + row.over, m.made_by, money(row.total), fmt::format("{:.2f}", 100.0 * m.accuracy), fmt::format("{:.4f} \u00b1 {:.4f}", m.cost, m.cost_error), fmt::format("{:.1f}", m.latency_us),
           fmt::format("{:.2f}", m.memory_bytes / 1e6), fmt::format("{:.1f}", m.update_bytes / 1e3), fmt::format("{:.0f}", row.update_s),
           m.millijoules_per_frame ? fmt::format("{:.3g}", *m.millijoules_per_frame) : "not known",
           m.training_hours ? fmt::format("{:.3g}", *m.training_hours) : "not known", money(row.mistakes), money(row.energy), money(row.link),
           money(row.training) })
        cells += html_element("td", text);
    return "<tr>" + cells + "</tr>\n";
}

} // namespace

std::string deployment_page(const Deployment& plan, const std::vector<Weighed>& rows, const std::string& host)
{
    PRUNEDAMR_CHECK(!rows.empty(), "a page has rows");
    std::string body = html_element(
        "p", fmt::format("{:.0f} receivers, each {:g} decisions a second of {:g} frames; {:g} updates a year{}. Accuracy and costs on {}; "
                         "time, memory and energy on {}. Updates are differences from {}. Totals are for a year, of what is known.",
                         plan.receivers, plan.decisions_per_s, plan.frames_per_decision, plan.updates_per_year,
                         plan.link_bit_per_s > 0.0 ? fmt::format(" over links of {:g} bit/s", plan.link_bit_per_s) : "", plan.data, host, plan.base));
    std::string table;
    std::vector<ParetoPoint> points;
    for (const std::size_t i : ranked(rows)) {
        table += row_of(rows[i]);
        if (rows[i].total > 0.0)
            points.push_back({ rows[i].measured.name, rows[i].total, rows[i].measured.accuracy });
    }
    body += "\n<div class=\"wide\"><table>\n<thead><tr>";
    for (const char* name : { "model", "limits", "made by", "total a year", "accuracy, %", "cost of a decision", "latency, \u00b5s a frame", "memory, MB", "update, kB", "update, s",
                              "energy, mJ a frame", "training, h", "mistakes", "energy", "link", "training" })
        body += html_element("th", name);
    body += "</tr></thead>\n<tbody>\n" + table + "</tbody></table></div>\n";
    if (!points.empty())
        body += html_element("h2", "Accuracy against the total") + "\n" +
                pareto_plot({ "accuracy of decisions, %", "total a year, in the unit of the prices" }, points).element("accuracy against the total");
    return html_page("Deployment", kDeploymentStyle, body);
}

} // namespace prunedamr::report
