// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/idle_biases.h"

namespace prunedamr::graph {
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

std::set<std::string> idle_biases(const Network& network)
{
    std::set<std::string> names;
    for (const Node& node : network.nodes)
        if (node.bias && feeds_a_norm(network, node.name))
            names.insert(node.name + ".bias");
    return names;
}

} // namespace prunedamr::graph
