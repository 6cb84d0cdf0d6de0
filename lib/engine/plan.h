// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::engine {

/// An activation. Backends choose its layout and memory.
struct Value {
    graph::Shape shape;
    int first = 0; ///< step that writes it
    int last = 0;  ///< last step that reads it
};

/// One call of a kernel. `op` is never batch_norm, complex_norm, linear, flatten of one position, dropout or
/// detach: those have become convs or nothing.
struct Step {
    std::string node; ///< the network's name for it, for messages
    graph::Op op = graph::Op::input;
    graph::Window window;
    std::int64_t groups = 1;
    std::vector<int> inputs;   ///< values
    int shortcut = -1;         ///< conv: value added to the result, [C, 1, 1] is broadcast; -1 for none
    bool relu = false;         ///< conv, add: clip the result below zero
    int output = 0;            ///< value
    std::vector<float> weight; ///< conv: [out, in/groups, kernel_h, kernel_w]
    std::vector<float> bias;   ///< conv: [out]
};

/// A network as steps to carry out in order, activations fused and batch norms folded.
struct Plan {
    std::vector<Value> values;
    std::vector<Step> steps; ///< the first is the input
    int output = 0;          ///< value that holds the logits
};

/// `network` must be valid.
Plan make_plan(const graph::Network& network);

} // namespace prunedamr::engine
