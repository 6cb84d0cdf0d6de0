// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/rewrite.h"

#include "prunedamr/base/error.h"
#include "prunedamr/graph/keep_channels.h"
#include "prunedamr/graph/keep_classes.h"
#include "prunedamr/graph/rewire.h"

#include <algorithm>

namespace prunedamr::graph {
namespace {

const Unit& find_unit(const Network& network, const std::string& name)
{
    for (const Unit& unit : network.units)
        if (unit.name == name)
            return unit;
    throw Error({ "no such unit", "unit '" + name + "'", "", "a unit of network '" + network.name + "'" });
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
void check_plan(const Network& network, const Plan& plan)
{
    for (const std::string& name : plan.reinitialise_units)
        find_unit(network, name);
    for (const std::string& name : plan.remove_units) {
        find_unit(network, name);
        if (std::count(plan.remove_units.begin(), plan.remove_units.end(), name) > 1 ||
            std::count(plan.reinitialise_units.begin(), plan.reinitialise_units.end(), name) > 0)
            throw Error({ "unit is named twice in the plan", "unit '" + name + "'", "", "" });
    }
    for (const auto& [name, channels] : plan.keep_channels)
        network.node(name);
    for (const auto& [name, values] : plan.constants)
        network.node(name);
}

} // namespace

nlohmann::json to_json(const Plan& plan)
{
    nlohmann::json json = { { "method", plan.method },
                            { "remove_units", plan.remove_units },
                            { "reinitialise_units", plan.reinitialise_units },
                            { "keep_channels", plan.keep_channels },
                            { "seed", plan.seed } };
    if (!plan.keep_classes.empty())
        json["keep_classes"] = plan.keep_classes;
    for (const auto& [name, values] : plan.constants)
        json["constants"][name] = values.size();
    return json;
}

Network remove_unit(const Network& network, const std::string& unit)
{
    validate(network);
    Network pruned = network;
    take_out_unit(pruned, unit);
    forget_results(pruned);
    validate(pruned);
    return pruned;
}

Network apply(const Network& network, const Plan& plan)
{
    validate(network);
    check_plan(network, plan);
    Network pruned = network;
    for (const std::string& unit : plan.remove_units)
        take_out_unit(pruned, unit);
    if (!plan.constants.empty())
        pruned = fold_constants(std::move(pruned), plan.constants);
    if (!plan.keep_channels.empty())
        thin_channels(pruned, plan.keep_channels);
    if (!plan.keep_classes.empty())
        shrink_classifier(pruned, plan.keep_classes);
    for (const std::string& unit : plan.reinitialise_units)
        initialise(pruned, plan.seed, find_unit(pruned, unit).nodes);
    forget_results(pruned);
    validate(pruned);
    return pruned;
}

} // namespace prunedamr::graph
