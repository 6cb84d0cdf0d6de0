// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/rewrite/rewrite.h"

#include "prunedamr/base/error.h"
#include "prunedamr/graph/rewrite/edits.h"

#include <algorithm>

namespace prunedamr::graph {
namespace {

template <typename Container, typename Predicate> void erase_if(Container& container, Predicate gone)
{
    container.erase(std::remove_if(container.begin(), container.end(), gone), container.end());
}

} // namespace

void bypass_nodes(Network& network, const std::set<std::string>& nodes, const std::string& output,
                  const std::string& input)
{
    for (Node& node : network.nodes)
        std::replace(node.inputs.begin(), node.inputs.end(), output, input);
    for (const std::string& name : nodes)
        for (const char* part : { ".weight", ".bias", ".running_mean", ".running_var" })
            network.tensors.erase(name + part);
    erase_if(network.nodes, [&](const Node& node) { return nodes.count(node.name) > 0; });
    for (Unit& unit : network.units)
        erase_if(unit.nodes, [&](const std::string& name) { return nodes.count(name) > 0; });
    erase_if(network.units, [](const Unit& unit) { return unit.nodes.empty(); });
}

namespace {

/// Whether all that reads `name` is one norm, at most a sum of complex parts between.
bool feeds_a_norm(const Network& network, const std::string& name)
{
    const auto readers = consumers(network, name);
    if (readers.size() != 1)
        return false;
    switch (network.node(readers.front()).op) {
    case Op::batch_norm:
    case Op::complex_norm:
        return true;
    case Op::complex_sum:
        return feeds_a_norm(network, readers.front());
    default:
        return false;
    }
}

} // namespace

std::set<std::string> redundant_biases(const Network& network)
{
    std::set<std::string> names;
    for (const Node& node : network.nodes)
        if (node.bias && feeds_a_norm(network, node.name))
            names.insert(node.name + ".bias");
    return names;
}

namespace {

const Unit& find_unit(const Network& network, const std::string& name)
{
    for (const Unit& unit : network.units)
        if (unit.name == name)
            return unit;
    throw Error({ "no such unit", "unit '" + name + "'", "", "a unit of the network" });
}

void take_out_unit(Network& network, const std::string& name)
{
    const Unit unit = find_unit(network, name);
    if (!unit.removable)
        throw Error({ "unit is not removable", "unit '" + name + "'", "", "a removable unit" });
    const std::string input = unit_input(network, unit);
    const std::string output = unit.nodes.back();
    const auto shapes = infer_shapes(network);
    if (!(shapes.at(input) == shapes.at(output)))
        throw Error({ "unit changes the shape and cannot be removed", "unit '" + name + "'",
                      to_string(shapes.at(input)) + " -> " + to_string(shapes.at(output)), "equal shapes" });
    bypass_nodes(network, { unit.nodes.begin(), unit.nodes.end() }, output, input);
}

/// Names are checked before anything is taken out, so that a message is about the network that the user knows.
void check_plan(const Network& network, const PruningPlan& plan)
{
    for (const std::string& name : plan.reinitialize_units)
        find_unit(network, name);
    for (const std::string& name : plan.remove_units) {
        find_unit(network, name);
        if (std::count(plan.remove_units.begin(), plan.remove_units.end(), name) > 1 ||
            std::count(plan.reinitialize_units.begin(), plan.reinitialize_units.end(), name) > 0)
            throw Error({ "unit is named twice in the plan", "unit '" + name + "'", "", "" });
    }
    for (const auto& [name, channels] : plan.keep_channels)
        network.node(name);
    for (const auto& [name, values] : plan.constants)
        network.node(name);
}

} // namespace

Network remove_unit(const Network& network, const std::string& unit)
{
    validate(network);
    Network pruned = network;
    take_out_unit(pruned, unit);
    pruned.quantized.clear(); // ranges of the old weights
    validate(pruned);
    return pruned;
}

Network apply(const Network& network, const PruningPlan& plan)
{
    validate(network);
    check_plan(network, plan);
    Network pruned = network;
    for (const std::string& unit : plan.remove_units)
        take_out_unit(pruned, unit);
    if (!plan.constants.empty())
        pruned = fold_constants(std::move(pruned), plan.constants);
    if (!plan.keep_channels.empty())
        keep_channels(pruned, plan.keep_channels);
    if (!plan.keep_classes.empty())
        shrink_classifier(pruned, plan.keep_classes);
    for (const std::string& unit : plan.reinitialize_units)
        initialize(pruned, plan.seed, find_unit(pruned, unit).nodes);
    pruned.quantized.clear(); // ranges of the old weights
    validate(pruned);
    return pruned;
}

} // namespace prunedamr::graph
