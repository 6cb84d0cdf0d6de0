// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/graph/network.h"
#include "prunedamr/graph/quantize.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace prunedamr::graph {
namespace {

constexpr std::size_t kMaxNodes = 4096; // keeps searches by name quick for any file
constexpr std::size_t kMaxName = 200;
constexpr std::int64_t kMinLength = 16, kMaxLength = 65536; // those of `FrontEndSpec::frame_length`

bool is_name(const std::string& name)
{
    return !name.empty() && name.size() <= kMaxName && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
               c == '-';
    });
}

bool all_finite(const std::vector<float>& values)
{
    return std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
}

std::string to_text(const std::vector<std::int64_t>& shape)
{
    std::string text;
    for (const std::int64_t extent : shape)
        text += (text.empty() ? "" : ", ") + std::to_string(extent);
    return "[" + text + "]";
}

void check_nodes(const Network& network)
{
    const auto& nodes = network.nodes;
    if (nodes.empty() || nodes.size() > kMaxNodes)
        throw Error(
            { "bad number of nodes", "network", std::to_string(nodes.size()), "1.." + std::to_string(kMaxNodes) });
    std::set<std::string> read;
    for (const Node& node : nodes) {
        const std::string where = "node '" + node.name + "'";
        if (!is_name(node.name))
            throw Error({ "bad name", where, "", "1..200 characters of [A-Za-z0-9_.-]" });
        if ((node.op == Op::input) != (&node == &nodes.front()))
            throw Error({ "the first node, and only the first, is the input", where, to_string(node.op), "" });
        if ((node.op == Op::batch_norm || node.op == Op::complex_norm) &&
            !(node.epsilon > 0.0 && node.epsilon <= 1.0))
            throw Error({ "bad epsilon", where, std::to_string(node.epsilon), "above 0, at most 1" });
        if (node.op == Op::dropout && !(node.dropout >= 0.0 && node.dropout < 1.0))
            throw Error({ "bad dropout", where, std::to_string(node.dropout), "at least 0, below 1" });
        read.insert(node.inputs.begin(), node.inputs.end());
    }
    for (std::size_t i = 0; i + 1 < nodes.size(); ++i)
        if (!read.count(nodes[i].name))
            throw Error({ "output is read by no node", "node '" + nodes[i].name + "'", "", "" });
}

void check_tensor(const Tensor& tensor, const std::string& name, const std::vector<std::int64_t>& shape,
                  const std::string& where)
{
    std::int64_t count = 1;
    for (const std::int64_t extent : shape)
        count *= extent;
    if (tensor.shape != shape || static_cast<std::int64_t>(tensor.data.size()) != count)
        throw Error({ "tensor '" + name + "' has the wrong shape", where,
                      to_text(tensor.shape) + " (" + std::to_string(tensor.data.size()) + " values)",
                      to_text(shape) });
    if (!all_finite(tensor.data))
        throw Error({ "tensor '" + name + "' holds a value that is not finite", where, "", "" });
}

void check_variances(const Tensor& variances, const std::string& where)
{
    for (const float variance : variances.data)
        if (variance < 0.0F)
            throw Error({ "negative running variance", where, std::to_string(variance), "0 or more" });
}

/// Rows of (II, QQ, IQ); a hair of rounding is allowed, `epsilon` covers it.
void check_covariances(const Tensor& covariances, const std::string& where)
{
    const auto& v = covariances.data;
    for (std::size_t i = 0; i + 2 < v.size(); i += 3) {
        const double product = static_cast<double>(v[i]) * v[i + 1],
                     cross = static_cast<double>(v[i + 2]) * v[i + 2];
        if (v[i] < 0.0F || v[i + 1] < 0.0F || cross > product * (1 + 1e-5))
            throw Error({ "running covariance of a pair is not one", where,
                          std::to_string(v[i]) + ", " + std::to_string(v[i + 1]) + ", " + std::to_string(v[i + 2]),
                          "II, QQ of 0 or more, IQ squared at most their product" });
    }
}

void check_tensors(const Network& network, const std::map<std::string, Shape>& shapes)
{
    std::set<std::string> known;
    for (const Node& node : network.nodes) {
        const std::string where = "node '" + node.name + "'";
        std::vector<Shape> inputs;
        for (const std::string& input : node.inputs)
            inputs.push_back(shapes.at(input));
        for (const auto& [name, shape] : expected_tensors(node, inputs)) {
            const auto found = network.tensors.find(name);
            if (found == network.tensors.end())
                throw Error({ "missing tensor '" + name + "'", where, "", to_text(shape) });
            check_tensor(found->second, name, shape, where);
            known.insert(name);
        }
        if (node.op == Op::batch_norm)
            check_variances(network.tensor(node.name + ".running_var"), where);
        if (node.op == Op::complex_norm)
            check_covariances(network.tensor(node.name + ".running_var"), where);
    }
    for (const auto& [name, tensor] : network.tensors)
        if (!known.count(name))
            throw Error({ "stray tensor: no node uses it", "tensor '" + name + "'", "", "" });
}

/// Only the last node of a unit may be read from outside.
void check_unit_output(const Network& network, const Unit& unit)
{
    const std::set<std::string> inside(unit.nodes.begin(), unit.nodes.end());
    for (const Node& node : network.nodes)
        for (const std::string& input : node.inputs)
            if (!inside.count(node.name) && inside.count(input) && input != unit.nodes.back())
                throw Error({ "an inner node is read from outside", "unit '" + unit.name + "'",
                              "'" + input + "' read by '" + node.name + "'", "only '" + unit.nodes.back() + "'" });
}

void check_units(const Network& network)
{
    std::map<std::string, std::size_t> position;
    for (std::size_t i = 0; i < network.nodes.size(); ++i)
        position[network.nodes[i].name] = i;
    std::set<std::string> names, taken;
    for (const Unit& unit : network.units) {
        const std::string where = "unit '" + unit.name + "'";
        if (!is_name(unit.name) || !names.insert(unit.name).second)
            throw Error({ "bad or repeated unit name", where, "", "unique names of [A-Za-z0-9_.-]" });
        if (unit.nodes.empty() || unit.stage < 0)
            throw Error({ "a unit needs nodes and a stage of 0 or more", where, "", "" });
        std::size_t next = 0;
        for (const std::string& name : unit.nodes) {
            const auto found = position.find(name);
            if (found == position.end())
                throw Error({ "unit holds an unknown node", where, "'" + name + "'", "" });
            if (!taken.insert(name).second || found->second < next)
                throw Error(
                    { "unit's node belongs to another unit or is out of order", where, "'" + name + "'", "" });
            next = found->second;
        }
        unit_input(network, unit);
        check_unit_output(network, unit);
    }
}

void check_logits(const Network& network, const std::map<std::string, Shape>& shapes)
{
    const Shape& logits = shapes.at(network.nodes.back().name);
    const std::string where = "node '" + network.nodes.back().name + "'";
    if (logits.height != 1 || logits.width != 1)
        throw Error({ "logits are not flat", where, to_string(logits), "[classes, 1, 1]" });
    if (logits.channels < 2)
        throw Error({ "too few classes", where, std::to_string(logits.channels), "at least 2" });
}

} // namespace

void validate(const Network& network)
{
    if (network.length < kMinLength || network.length > kMaxLength)
        throw Error({ "bad frame_length", "network", std::to_string(network.length),
                      std::to_string(kMinLength) + ".." + std::to_string(kMaxLength) });
    check_nodes(network);
    const auto shapes = infer_shapes(network);
    check_logits(network, shapes);
    check_tensors(network, shapes);
    check_units(network);
    check_quantized(network);
}

} // namespace prunedamr::graph
