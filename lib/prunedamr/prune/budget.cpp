// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/budget.h"

#include "prunedamr/base/error.h"
#include "prunedamr/engine/engine.h"
#include "prunedamr/graph/network_json.h"
#include "prunedamr/prune/psr/psr.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

namespace prunedamr::prune {
namespace {

double cut_fraction(std::int64_t before, std::int64_t after)
{
    return before > 0 ? 1.0 - static_cast<double>(after) / static_cast<double>(before) : 0.0;
}

} // namespace

nlohmann::json cost_report(const graph::Cost& before, const graph::Cost& after)
{
    return { { "before", graph::to_json(before) },
             { "after", graph::to_json(after) },
             { "cut",
               { { "params", cut_fraction(before.params, after.params) },
                 { "macs", cut_fraction(before.macs, after.macs) },
                 { "paper_flops", cut_fraction(before.paper_flops, after.paper_flops) },
                 { "bytes", cut_fraction(before.bytes, after.bytes) } } } };
}

std::string cost_text(const graph::Cost& before, const graph::Cost& after)
{
    return fmt::format("cost: params {} -> {} (-{:.1f} %), MACs {} -> {} (-{:.1f} %)", before.params, after.params,
                       100.0 * cut_fraction(before.params, after.params), before.macs, after.macs,
                       100.0 * cut_fraction(before.macs, after.macs));
}

namespace {

using Clock = std::chrono::steady_clock;

double median_us(engine::Engine& engine, const std::vector<float>& frame, std::vector<float>& logits)
{
    constexpr std::size_t kMinRuns = 17;
    constexpr double kMinUs = 33'000.0;
    std::vector<double> times;
    for (double total = 0.0; times.size() < kMinRuns || total < kMinUs; total += times.back()) {
        const auto start = Clock::now();
        engine.run(frame.data(), 1, logits.data());
        times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
    }
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    return *middle;
}

} // namespace

double engine_latency_us(const graph::Network& network)
{
    engine::EngineConfig config;
    config.max_batch = 1;
    config.self_check = false; // a network that is still being made has no golden vector
    engine::Engine engine(network, config);
    const std::vector<float> frame(static_cast<std::size_t>(2 * network.length), 0.1F);
    std::vector<float> logits(static_cast<std::size_t>(network.classes()));
    for (int i = 0; i < 3; ++i)
        engine.run(frame.data(), 1, logits.data());
    double lowest = median_us(engine, frame, logits);
    for (int i = 0; i < 2; ++i)
        lowest = std::min(lowest, median_us(engine, frame, logits));
    return lowest;
}

namespace {

using Quantity = Budget::Quantity;

constexpr Quantity kQuantities[] = { Quantity::units, Quantity::macs, Quantity::params, Quantity::bytes,
                                     Quantity::latency };

double amount(const graph::Network& network, Quantity quantity)
{
    if (quantity == Quantity::latency)
        return engine_latency_us(network);
    return counted(graph::cost(network), network.units.size(), quantity);
}

/// Factor of a number's suffix, or nothing where the quantity has no such suffix.
std::optional<double> factor(const std::string& suffix, Quantity quantity)
{
    if (quantity == Quantity::latency)
        return suffix == "us" ? std::optional<double>(1.0)
                              : (suffix == "ms" ? std::optional<double>(1e3) : std::nullopt);
    if (suffix.empty())
        return 1.0;
    return suffix == "k" ? std::optional<double>(1e3) : (suffix == "M" ? std::optional<double>(1e6) : std::nullopt);
}

/// "12", "1.5k", "2M", "10%", "8us".
double parse_limit(const std::string& number, Quantity quantity, const graph::Network& original,
                   const std::string& text)
{
    const Error bad{ { "bad limit", "budget " + text, number,
                       quantity == Quantity::latency ? "a positive number with us or ms after it, or a percentage"
                                                     : "a positive number, with k, M or % after it if needed" } };
    std::size_t used = 0;
    double value = 0.0;
    try {
        value = std::stod(number, &used);
    } catch (const std::logic_error&) {
        throw bad;
    }
    const std::string suffix = number.substr(used);
    const auto scale = factor(suffix, quantity);
    if (!scale && suffix != "%")
        throw bad;
    value = scale ? value * *scale : value * amount(original, quantity) / 100.0;
    if (!std::isfinite(value) || value <= 0.0)
        throw bad;
    return value;
}

double parse_drop(const std::string& number, const std::string& text)
{
    std::size_t used = 0;
    double points = -1.0;
    try {
        points = std::stod(number, &used);
    } catch (const std::logic_error&) {
    }
    if (used == 0 || used != number.size() || !(points >= 0.0 && points <= 100.0))
        throw Error{ { "bad limit", "budget " + text, number, "points of accuracy, 0 to 100" } };
    return points;
}

Budget::Limit parse_term(const std::string& term, const graph::Network& original, const std::string& text)
{
    const std::size_t equals = term.find('=');
    for (const Quantity quantity : kQuantities)
        if (equals != std::string::npos && term.substr(0, equals) == to_string(quantity))
            return { quantity, parse_limit(term.substr(equals + 1), quantity, original, text) };
    throw Error{ { "unknown budget", "", text,
                   "units=N, macs=N, params=N, bytes=N (N may be 10%, 50k, 2M), latency=8us, some of these joined "
                   "by commas, or drop<=0.5" } };
}

std::string amount_text(const graph::Network& network, Quantity quantity)
{
    const double value = amount(network, quantity);
    return quantity == Quantity::latency ? fmt::format("latency {:.2f} us", value)
                                         : fmt::format("{:.0f} {}", value, to_string(quantity));
}

void add(graph::Cost& sum, const graph::Cost& cost, std::int64_t sign)
{
    sum.params += sign * cost.params;
    sum.macs += sign * cost.macs;
    sum.paper_flops += sign * cost.paper_flops;
    sum.bytes += sign * cost.bytes;
}

} // namespace

const char* to_string(Quantity quantity)
{
    switch (quantity) {
    case Quantity::units:
        return "units";
    case Quantity::macs:
        return "macs";
    case Quantity::params:
        return "params";
    case Quantity::bytes:
        return "bytes";
    case Quantity::latency:
        return "latency";
    }
    PRUNEDAMR_CHECK(false, "a quantity without a name");
}

double counted(const graph::Cost& cost, std::size_t units, Quantity quantity)
{
    switch (quantity) {
    case Quantity::units:
        return static_cast<double>(units);
    case Quantity::macs:
        return static_cast<double>(cost.macs);
    case Quantity::params:
        return static_cast<double>(cost.params);
    case Quantity::bytes:
        return static_cast<double>(cost.bytes);
    case Quantity::latency:
        break;
    }
    PRUNEDAMR_CHECK(false, "latency is measured, not counted");
}

bool Budget::limits_latency() const
{
    return std::any_of(limits.begin(), limits.end(),
                       [](const Limit& l) { return l.quantity == Quantity::latency; });
}

bool Budget::allows(const graph::Cost& cost, std::size_t units) const
{
    return std::all_of(limits.begin(), limits.end(), [&](const Limit& l) {
        return l.quantity == Quantity::latency || counted(cost, units, l.quantity) <= l.limit;
    });
}

bool Budget::met_by(const graph::Network& network) const
{
    return allows(graph::cost(network), network.units.size()) && (!limits_latency() || excess(network) <= 1.0);
}

double Budget::excess(const graph::Network& network) const
{
    double highest = 0.0;
    for (const Limit& l : limits)
        highest = std::max(highest, amount(network, l.quantity) / l.limit);
    return highest;
}

std::string Budget::amounts(const graph::Network& network) const
{
    std::string text;
    for (const Limit& l : limits)
        text += (text.empty() ? "" : ", ") + amount_text(network, l.quantity);
    return text;
}

Budget parse_budget(const std::string& text, const graph::Network& original)
{
    Budget budget;
    budget.text = text;
    constexpr const char* kDrop = "drop<=";
    if (text.rfind(kDrop, 0) == 0) {
        budget.max_drop_points = parse_drop(text.substr(6), text);
        return budget;
    }
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t end = std::min(text.find(',', start), text.size());
        const Budget::Limit limit = parse_term(text.substr(start, end - start), original, text);
        for (const Budget::Limit& other : budget.limits)
            if (other.quantity == limit.quantity)
                throw Error{ { "quantity given twice", "budget " + text, to_string(limit.quantity), "once" } };
        budget.limits.push_back(limit);
        start = end + 1;
    }
    return budget;
}

UnitCosts::UnitCosts(const graph::Network& network)
{
    std::map<std::string, graph::Cost> by_node;
    for (const graph::NodeCost& node : graph::cost_by_node(network)) {
        by_node[node.node] = node.cost;
        add(whole_, node.cost, 1);
    }
    for (const graph::Unit& unit : network.units)
        for (const std::string& node : unit.nodes)
            add(by_unit_[unit.name], by_node.at(node), 1);
}

graph::Cost UnitCosts::after(const graph::PruningPlan& plan) const
{
    graph::Cost left = whole_;
    for (const std::string& unit : plan.remove_units)
        add(left, of(unit), -1);
    return left;
}

void check_reachable(const graph::Network& network, const Budget& budget)
{
    const graph::Network smallest = graph::apply(network, reassembly_plan(network, {}, 1));
    if (!budget.met_by(smallest))
        refuse_budget(budget, smallest, "the smallest reachable (stem and one unit per stage)");
}

void refuse_budget(const Budget& budget, const graph::Network& smallest, const std::string& what)
{
    throw Error{ { "budget cannot be met", "budget " + budget.text, "at least " + budget.amounts(smallest),
                   what } };
}

graph::PruningPlan bisect(const graph::Network& network, const PruningSchedule& schedule, const Budget& budget)
{
    const graph::PruningPlan last = schedule.plan(schedule.levels - 1);
    const graph::Network smallest = graph::apply(network, last);
    if (!budget.met_by(smallest))
        refuse_budget(budget, smallest, "the smallest that this method reaches");
    int too_large = -1, fits = schedule.levels - 1; // levels
    while (fits - too_large > 1) {
        const int middle = too_large + (fits - too_large) / 2;
        (budget.met_by(graph::apply(network, schedule.plan(middle))) ? fits : too_large) = middle;
    }
    return schedule.plan(fits);
}

} // namespace prunedamr::prune
