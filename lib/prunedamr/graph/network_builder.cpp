// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/network_builder.h"

#include "prunedamr/base/error.h"

namespace prunedamr::graph {
namespace {

Node make_node(const std::string& name, Op op, const std::vector<std::string>& inputs)
{
    Node node;
    node.name = name;
    node.op = op;
    node.inputs = inputs;
    return node;
}

} // namespace

void NetworkBuilder::begin_unit(const std::string& name, int stage, bool removable, bool transition)
{
    PRUNEDAMR_CHECK(!in_unit_, "units do not nest");
    network_.units.push_back({ name, stage, removable, transition, {} });
    in_unit_ = true;
}

void NetworkBuilder::end_unit()
{
    in_unit_ = false;
}

std::string NetworkBuilder::append(Node node)
{
    if (in_unit_) {
        node.name = network_.units.back().name + "." + node.name;
        network_.units.back().nodes.push_back(node.name);
    }
    network_.nodes.push_back(node);
    return node.name;
}

std::string NetworkBuilder::conv(const std::string& name, const std::string& input, const ConvShape& shape)
{
    Node node = make_node(name, Op::conv, { input });
    node.out_channels = shape.out_channels;
    node.window = shape.window;
    node.groups = shape.groups;
    node.bias = shape.bias;
    return append(node);
}

std::string NetworkBuilder::linear(const std::string& name, const std::string& input, std::int64_t out_channels)
{
    Node node = make_node(name, Op::linear, { input });
    node.out_channels = out_channels;
    node.bias = true;
    return append(node);
}

std::string NetworkBuilder::pad_channels(const std::string& name, const std::string& input,
                                         std::int64_t out_channels)
{
    Node node = make_node(name, Op::pad_channels, { input });
    node.out_channels = out_channels;
    return append(node);
}

std::string NetworkBuilder::shuffle(Op op, const std::string& name, const std::string& input, std::int64_t groups)
{
    Node node = make_node(name, op, { input });
    node.groups = groups;
    return append(node);
}

std::string NetworkBuilder::pool(Op op, const std::string& name, const std::string& input,
                                 const ConvGeometry& window)
{
    Node node = make_node(name, op, { input });
    node.window = window;
    return append(node);
}

std::string NetworkBuilder::dropout(const std::string& name, const std::string& input, double probability)
{
    Node node = make_node(name, Op::dropout, { input });
    node.dropout = probability;
    return append(node);
}

std::string NetworkBuilder::plain(Op op, const std::string& name, const std::vector<std::string>& inputs)
{
    return append(make_node(name, op, inputs));
}

ConvGeometry same_window(int kernel_h, int kernel_w, int stride_h, int stride_w)
{
    return { kernel_h, kernel_w, stride_h, stride_w, kernel_h / 2, kernel_w / 2 };
}

} // namespace prunedamr::graph
