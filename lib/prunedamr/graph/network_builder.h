// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <string>
#include <vector>

namespace prunedamr::graph {

/// Appends nodes to a network; every function returns the new node's name. Between `begin_unit` and `end_unit`
/// nodes belong to the unit and their names are prefixed with the unit's.
class NetworkBuilder
{
public:
    struct ConvShape {
        std::int64_t out_channels = 1;
        ConvGeometry window = {};
        std::int64_t groups = 1;
        bool bias = false;
    };

    explicit NetworkBuilder(Network& network) : network_(network) {}

    void begin_unit(const std::string& name, int stage, bool removable, bool transition);
    void end_unit();

    std::string conv(const std::string& name, const std::string& input, const ConvShape& shape);
    std::string linear(const std::string& name, const std::string& input, std::int64_t out_channels);
    std::string pad_channels(const std::string& name, const std::string& input, std::int64_t out_channels);
    std::string shuffle(Op op, const std::string& name, const std::string& input, std::int64_t groups);
    std::string pool(Op op, const std::string& name, const std::string& input, const ConvGeometry& window);
    std::string dropout(const std::string& name, const std::string& input, double probability);
    /// Any operation without attributes.
    std::string plain(Op op, const std::string& name, const std::vector<std::string>& inputs);

    /// Of a node's output. Throws `Error` as `infer_shapes` does.
    Shape shape(const std::string& node) const { return infer_shapes(network_).at(node); }

private:
    std::string append(Node node);

    Network& network_;
    bool in_unit_ = false;
};

/// Window of an odd kernel that keeps ceil(length / stride) positions.
ConvGeometry same_window(int kernel_h, int kernel_w, int stride_h = 1, int stride_w = 1);

} // namespace prunedamr::graph
