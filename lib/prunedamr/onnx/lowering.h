// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"
#include "prunedamr/onnx/onnx_model.h"

#include <map>
#include <string>
#include <vector>

namespace prunedamr::graph::onnx {

/// A node's output as [batch, C, H, W] and, where it has one position, as [batch, C]: whichever is there, the other
/// is made when somebody asks.
struct Value {
    std::string full, flat;
};

Value full_value(const std::string& name);
Value flat_value(const std::string& name);

/// Name of the value of a node, or of a part of its making: "/node", "/node:part". Neither sign stands in a node's
/// name, so that values never meet each other, tensors or ports.
std::string value_name(const Node& node, const std::string& part = "");

/// Collects the operators and constants of one network.
class Emitter
{
public:
    /// `network` must be valid and outlive this.
    explicit Emitter(const Network& network) : network_(network), shapes_(infer_shapes(network)) {}

    const Network& network() const { return network_; }
    const Shape& shape(const std::string& node) const { return shapes_.at(node); }
    Model& model() { return model_; }

    void set(const std::string& node, Value value) { values_[node] = std::move(value); }
    void set_same(const std::string& node, const std::string& input) { same_as_[node] = root(input); }
    bool is_flat(const std::string& node) const { return !values_.at(root(node)).flat.empty(); }
    std::string full(const std::string& node); ///< name of the node's value as [batch, C, H, W]
    std::string flat(const std::string& node); ///< as [batch, C]

    /// Appends an operator of one output, which also names it; the reference holds until the next one.
    Operator& emit(const std::string& type, const std::string& output, std::vector<std::string> inputs);

    /// To [batch, shape...]; returns `output`.
    std::string reshape(const std::string& output, const std::string& input, std::vector<std::int64_t> shape);

    /// A tensor of the network as a constant of its name.
    std::string tensor(const std::string& name);

    /// Gives a value another name wherever it stands.
    void rename(const std::string& from, const std::string& to);

private:
    std::string root(const std::string& node) const;

    const Network& network_;
    std::map<std::string, Shape> shapes_;
    std::map<std::string, Value> values_;        ///< by node
    std::map<std::string, std::string> same_as_; ///< nodes that do nothing in inference, and whose value they have
    Model model_;
};

/// A valid network as ONNX operators, without metadata.
Model lower(const Network& network);

} // namespace prunedamr::graph::onnx
