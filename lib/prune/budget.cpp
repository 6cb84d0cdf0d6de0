// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/budget.h"

#include "prunedamr/base/error.h"
#include "prunedamr/graph/cost.h"
#include "prunedamr/prune/reassembly.h"

#include <cmath>

namespace prunedamr::prune {
namespace {

constexpr Budget::Quantity kQuantities[] = { Budget::Quantity::units, Budget::Quantity::macs,
                                             Budget::Quantity::params, Budget::Quantity::bytes };

double amount(const graph::Cost& cost, Budget::Quantity quantity)
{
    switch (quantity) {
    case Budget::Quantity::macs:
        return static_cast<double>(cost.macs);
    case Budget::Quantity::params:
        return static_cast<double>(cost.params);
    default:
        return static_cast<double>(cost.bytes);
    }
}

double amount(const graph::Network& network, Budget::Quantity quantity)
{
    if (quantity == Budget::Quantity::units)
        return static_cast<double>(network.units.size());
    return amount(graph::cost(network), quantity);
}

/// "12", "1.5k", "2M", "10%".
double parse_limit(const std::string& number, double whole, const std::string& text)
{
    const Error bad{ { "bad limit", "budget " + text, number,
                       "a positive number, with k, M or % after it if needed" } };
    std::size_t used = 0;
    double value = 0.0;
    try {
        value = std::stod(number, &used);
    } catch (const std::logic_error&) {
        throw bad;
    }
    const std::string suffix = number.substr(used);
    if (suffix == "%")
        value = value * whole / 100.0;
    else if (suffix == "k")
        value *= 1e3;
    else if (suffix == "M")
        value *= 1e6;
    else if (!suffix.empty())
        throw bad;
    if (!std::isfinite(value) || value <= 0.0)
        throw bad;
    return value;
}

} // namespace

const char* to_string(Budget::Quantity quantity)
{
    switch (quantity) {
    case Budget::Quantity::units:
        return "units";
    case Budget::Quantity::macs:
        return "macs";
    case Budget::Quantity::params:
        return "params";
    case Budget::Quantity::bytes:
        return "bytes";
    }
    PRUNEDAMR_CHECK(false, "a quantity without a name");
}

bool Budget::met_by(const graph::Network& network) const
{
    return amount(network, quantity) <= limit;
}

Budget parse_budget(const std::string& text, const graph::Network& original)
{
    const std::size_t equals = text.find('=');
    for (Budget::Quantity quantity : kQuantities) {
        if (equals == std::string::npos || text.substr(0, equals) != to_string(quantity))
            continue;
        return { quantity, parse_limit(text.substr(equals + 1), amount(original, quantity), text), text };
    }
    throw Error{ { "unknown budget", "", text, "units=N, macs=N, params=N or bytes=N (N may be 10%, 50k, 2M)" } };
}

UnitCosts::UnitCosts(const graph::Network& network, Budget::Quantity quantity) : whole_(amount(network, quantity))
{
    if (quantity == Budget::Quantity::units) {
        for (const graph::Unit& unit : network.units)
            by_unit_[unit.name] = 1.0;
        return;
    }
    std::map<std::string, double> by_node;
    for (const graph::NodeCost& node : graph::cost_by_node(network))
        by_node[node.node] = amount(node.cost, quantity);
    for (const graph::Unit& unit : network.units) {
        for (const std::string& node : unit.nodes)
            by_unit_[unit.name] += by_node.at(node);
    }
}

double UnitCosts::after(const graph::Plan& plan) const
{
    double left = whole_;
    for (const std::string& unit : plan.remove_units)
        left -= of(unit);
    return left;
}

void check_reachable(const graph::Network& network, const Budget& budget)
{
    const double smallest = UnitCosts(network, budget.quantity).after(reassembly_plan(network, {}, 1));
    if (smallest > budget.limit)
        throw Error{ { "budget cannot be met", "budget " + budget.text, std::to_string(std::llround(budget.limit)),
                       "at least " + std::to_string(std::llround(smallest)) + " " + to_string(budget.quantity) +
                           ", the smallest reachable (stem and one unit per stage)" } };
}

} // namespace prunedamr::prune
