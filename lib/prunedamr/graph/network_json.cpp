// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/atomic_file.h"
#include "prunedamr/base/error.h"
#include "prunedamr/base/modulation.h"
#include "prunedamr/graph/json_fields.h"
#include "prunedamr/graph/network.h"
#include "prunedamr/graph/receiver_facts.h"

#include <cmath>
#include <filesystem>

namespace prunedamr::graph {
namespace {

constexpr Op kOps[] = { Op::input,        Op::as_image,        Op::conv,
                        Op::batch_norm,   Op::complex_sum,     Op::complex_norm,
                        Op::relu,         Op::sigmoid,         Op::add,
                        Op::mul,          Op::concat,          Op::concat_width,
                        Op::max_pool,     Op::avg_pool,        Op::global_avg_pool,
                        Op::pad_channels, Op::channel_shuffle, Op::position_shuffle,
                        Op::flatten,      Op::linear,          Op::dropout,
                        Op::detach };

/// Which attributes an operation has; only these are written and read.
struct Attributes {
    bool window, out_channels, groups, bias, epsilon;
};

Attributes attributes_of(Op op)
{
    const bool conv = op == Op::conv, linear = op == Op::linear;
    return { conv || op == Op::max_pool || op == Op::avg_pool, conv || linear || op == Op::pad_channels,
             conv || op == Op::channel_shuffle || op == Op::position_shuffle, conv || linear,
             op == Op::batch_norm || op == Op::complex_norm };
}

Op op_from(const std::string& name, const std::string& where)
{
    for (const Op op : kOps)
        if (name == to_string(op))
            return op;
    throw Error({ "unknown operation", where, "'" + name + "'", "an operation that this version knows" });
}

nlohmann::json to_json(const Node& node)
{
    nlohmann::json json = { { "name", node.name }, { "op", to_string(node.op) }, { "inputs", node.inputs } };
    const Attributes has = attributes_of(node.op);
    if (has.window) {
        json["kernel"] = { node.window.kernel_h, node.window.kernel_w };
        json["stride"] = { node.window.stride_h, node.window.stride_w };
        json["padding"] = { node.window.pad_h, node.window.pad_w };
    }
    if (has.out_channels)
        json["out_channels"] = node.out_channels;
    if (has.groups)
        json["groups"] = node.groups;
    if (has.bias)
        json["bias"] = node.bias;
    if (has.epsilon)
        json["epsilon"] = node.epsilon;
    if (node.op == Op::dropout)
        json["dropout"] = node.dropout;
    return json;
}

Window window_from(JsonFields& fields)
{
    const auto kernel = fields.small_integers("kernel", 2);
    const auto stride = fields.small_integers("stride", 2);
    const auto padding = fields.small_integers("padding", 2);
    return { kernel[0], kernel[1], stride[0], stride[1], padding[0], padding[1] };
}

Node node_from(const nlohmann::json& json, const std::string& where)
{
    Node node;
    node.name = JsonFields(json, where).text("name");
    const std::string node_where = where + ": node '" + node.name + "'";
    JsonFields fields(json, node_where);
    fields.text("name");
    node.op = op_from(fields.text("op"), node_where);
    node.inputs = fields.texts("inputs");
    const Attributes has = attributes_of(node.op);
    if (has.window)
        node.window = window_from(fields);
    if (has.out_channels)
        node.out_channels = fields.integer("out_channels");
    if (has.groups)
        node.groups = fields.integer("groups");
    if (has.bias)
        node.bias = fields.boolean("bias");
    if (has.epsilon)
        node.epsilon = fields.number("epsilon");
    if (node.op == Op::dropout)
        node.dropout = fields.number("dropout");
    fields.refuse_others();
    return node;
}

nlohmann::json to_json(const Unit& unit)
{
    return { { "name", unit.name },
             { "stage", unit.stage },
             { "removable", unit.removable },
             { "transition", unit.transition },
             { "nodes", unit.nodes } };
}

Unit unit_from(const nlohmann::json& json, const std::string& where)
{
    JsonFields fields(json, where + ": a unit");
    Unit unit;
    unit.name = fields.text("name");
    unit.stage = fields.small_integer("stage");
    unit.removable = fields.boolean("removable");
    unit.transition = fields.boolean("transition");
    unit.nodes = fields.texts("nodes");
    fields.refuse_others();
    return unit;
}

Decision decision_from(const nlohmann::json& json, const std::string& where)
{
    JsonFields fields(json, where + ": decision");
    Decision decision;
    decision.temperature = fields.number("temperature");
    decision.min_confidence = fields.number("min_confidence");
    if (fields.has("hysteresis"))
        decision.hysteresis = fields.number("hysteresis");
    if (fields.has("unknown_score"))
        decision.unknown_score = fields.number("unknown_score");
    fields.refuse_others();
    return decision;
}

std::map<std::string, QuantisedValue> quantised_from(const nlohmann::json& json, const std::string& where)
{
    if (!json.is_object())
        throw Error({ "bad value of 'quantised'", where, json.type_name(), "an object" });
    std::map<std::string, QuantisedValue> quantised;
    for (const auto& [name, form] : json.items()) {
        JsonFields fields(form, where + ": quantised '" + name + "'");
        quantised[name] = { static_cast<float>(fields.number("scale")), fields.small_integer("zero") };
        fields.refuse_others();
    }
    return quantised;
}

const nlohmann::json& list(JsonFields& fields, const char* key, const std::string& where)
{
    const auto& value = fields.at(key);
    if (!value.is_array())
        throw Error({ std::string("bad value of '") + key + "'", where, value.type_name(), "a list" });
    return value;
}

} // namespace

nlohmann::json to_json(const Decision& decision)
{
    nlohmann::json json = { { "temperature", decision.temperature },
                            { "min_confidence", decision.min_confidence },
                            { "hysteresis", decision.hysteresis } };
    if (std::isfinite(decision.unknown_score))
        json["unknown_score"] = decision.unknown_score;
    return json;
}

nlohmann::json facts_to_json(const Network& network)
{
    return { { "name", network.name },
             { "labels", network.labels },
             { "families", network.families },
             { "front_end", to_json(network.front_end) },
             { "decision", to_json(network.decision) } };
}

Network load_facts(const std::string& path)
{
    constexpr std::size_t kLargest = 1 << 20;
    const nlohmann::json json =
        nlohmann::json::parse(read_file(path, kLargest), nullptr, /*allow_exceptions=*/false);
    if (json.is_discarded())
        throw Error({ "not JSON", path, "", "an object with labels and front_end" });
    JsonFields fields(json, path);
    Network network;
    network.name = fields.has("name") ? fields.text("name") : std::filesystem::path(path).stem().string();
    network.labels = fields.texts("labels");
    if (fields.has("families"))
        network.families = fields.texts("families");
    else
        for (const std::string& label : network.labels)
            network.families.push_back(family_of(label));
    network.front_end = front_end_from_json(fields.at("front_end"), path);
    if (fields.has("decision"))
        network.decision = decision_from(fields.at("decision"), path);
    fields.refuse_others();
    check_facts(network);
    return network;
}

nlohmann::json to_json(const Network& network)
{
    nlohmann::json nodes = nlohmann::json::array(), units = nlohmann::json::array();
    for (const Node& node : network.nodes)
        nodes.push_back(to_json(node));
    for (const Unit& unit : network.units)
        units.push_back(to_json(unit));
    nlohmann::json json = facts_to_json(network);
    json["nodes"] = nodes;
    json["units"] = units;
    json["provenance"] = network.provenance;
    json["accuracy"] = network.accuracy;
    for (const auto& [name, form] : network.quantised)
        json["quantised"][name] = { { "scale", form.scale }, { "zero", form.zero } };
    return json;
}

Network network_from_json(const nlohmann::json& json, const std::string& where)
{
    JsonFields fields(json, where);
    Network network;
    network.name = fields.text("name");
    for (const auto& node : list(fields, "nodes", where))
        network.nodes.push_back(node_from(node, where));
    for (const auto& unit : list(fields, "units", where))
        network.units.push_back(unit_from(unit, where));
    network.labels = fields.texts("labels");
    network.families = fields.texts("families");
    network.front_end = front_end_from_json(fields.at("front_end"), where);
    network.decision = decision_from(fields.at("decision"), where);
    network.provenance = fields.at("provenance");
    network.accuracy = fields.at("accuracy");
    if (fields.has("quantised"))
        network.quantised = quantised_from(fields.at("quantised"), where);
    fields.refuse_others();
    return network;
}

} // namespace prunedamr::graph
