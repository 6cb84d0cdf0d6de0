// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/network_json.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/json_object.h"

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

ConvGeometry window_from(JsonObject& fields)
{
    const auto kernel = fields.int32s("kernel", 2);
    const auto stride = fields.int32s("stride", 2);
    const auto padding = fields.int32s("padding", 2);
    return { kernel[0], kernel[1], stride[0], stride[1], padding[0], padding[1] };
}

Node node_from(const nlohmann::json& json, const std::string& where)
{
    Node node;
    node.name = JsonObject(json, where).string("name");
    const std::string node_where = where + ": node '" + node.name + "'";
    JsonObject fields(json, node_where);
    fields.string("name");
    node.op = op_from(fields.string("op"), node_where);
    node.inputs = fields.strings("inputs");
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
    fields.finish();
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
    JsonObject fields(json, where + ": a unit");
    Unit unit;
    unit.name = fields.string("name");
    unit.stage = fields.int32("stage");
    unit.removable = fields.boolean("removable");
    unit.transition = fields.boolean("transition");
    unit.nodes = fields.strings("nodes");
    fields.finish();
    return unit;
}

std::map<std::string, QuantParams> quantized_from(const nlohmann::json& json, const std::string& where)
{
    const JsonObject forms(json, where + ": quantized");
    std::map<std::string, QuantParams> quantized;
    for (const auto& [name, params] : json.items()) {
        JsonObject fields(params, where + ": quantized '" + name + "'");
        quantized[name] = { static_cast<float>(fields.number("scale")), fields.int32("zero") };
        fields.finish();
    }
    return quantized;
}

} // namespace

nlohmann::json to_json(const Network& network)
{
    nlohmann::json nodes = nlohmann::json::array(), units = nlohmann::json::array();
    for (const Node& node : network.nodes)
        nodes.push_back(to_json(node));
    for (const Unit& unit : network.units)
        units.push_back(to_json(unit));
    nlohmann::json json = { { "nodes", nodes }, { "units", units } };
    for (const auto& [name, params] : network.quantized)
        json["quantized"][name] = { { "scale", params.scale }, { "zero", params.zero_point } };
    return json;
}

Network network_from_json(JsonObject& fields, std::int64_t length, const std::string& where)
{
    Network network;
    network.length = length;
    for (const auto& node : fields.list("nodes"))
        network.nodes.push_back(node_from(node, where));
    for (const auto& unit : fields.list("units"))
        network.units.push_back(unit_from(unit, where));
    if (fields.has("quantized"))
        network.quantized = quantized_from(fields.at("quantized"), where);
    return network;
}

nlohmann::json to_json(const PruningPlan& plan)
{
    nlohmann::json json = { { "method", plan.method },
                            { "remove_units", plan.remove_units },
                            { "reinitialize_units", plan.reinitialize_units },
                            { "keep_channels", plan.keep_channels },
                            { "seed", plan.seed } };
    if (!plan.keep_classes.empty())
        json["keep_classes"] = plan.keep_classes;
    for (const auto& [name, values] : plan.constants)
        json["constants"][name] = values.size();
    return json;
}

nlohmann::json to_json(const Cost& cost)
{
    return { { "params", cost.params },
             { "macs", cost.macs },
             { "paper_flops", cost.paper_flops },
             { "bytes", cost.bytes },
             { "peak_activation_bytes", cost.peak_activation_bytes } };
}

nlohmann::json outline(const Network& network)
{
    nlohmann::json units = nlohmann::json::array(), layers = nlohmann::json::array();
    for (const Unit& unit : network.units)
        units.push_back(unit.name);
    for (const Node& node : network.nodes)
        if (node.op == Op::conv || node.op == Op::linear)
            layers.push_back({ { "node", node.name }, { "channels", node.out_channels } });
    return { { "units", units }, { "layers", layers } };
}

} // namespace prunedamr::graph
