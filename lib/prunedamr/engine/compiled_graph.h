// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::engine {

/// An activation. Backends choose its layout and memory.
struct Value {
    graph::Shape shape;
    std::string node; ///< of the network, whose output it is; empty for one that a pass has added
    std::optional<graph::QuantParams> dtype; ///< int8 with these parameters; none: float32
    int first = 0;                           ///< step that writes it
    int last = 0;                            ///< last step that reads it
};

/// One call of a kernel. `op` is never batch_norm, complex_norm, linear, flatten of one position, dropout or
/// detach: those have become convs or nothing. A concat of one input converts it to another dtype.
struct Step {
    std::string node; ///< the network's name for it, for messages
    graph::Op op = graph::Op::input;
    graph::ConvGeometry window;
    std::int64_t groups = 1;
    std::vector<int> inputs; ///< values
    int shortcut = -1;       ///< conv: value added to the result, [C, 1, 1] is broadcast; -1 for none
    int gate = -1;     ///< add: value that the first input is multiplied by, [C, 1, 1] is broadcast; -1 for none
    bool relu = false; ///< conv, add, mul: clip the result below zero
    int output = 0;    ///< value
    std::vector<float> weight; ///< conv: [out, in/groups, kernel_h, kernel_w]
    std::vector<float> bias;   ///< conv: [out]
    bool int8 = false;         ///< conv: reads int8 and uses weights rounded by `graph::quantize_weight`
};

/// A network as steps to carry out in order, activations fused and batch norms folded (passes/passes.h). Every step
/// supports the dtypes of its operands.
struct CompiledGraph {
    std::vector<Value> values;
    std::vector<Step> steps; ///< the first is the input
    int output = 0;          ///< value that holds the logits
};

/// `network` must be valid. Its quantized values are kept as they are; others may vanish in fused steps.
CompiledGraph compile_graph(const graph::Network& network);

/// Multiply-accumulates of a step for one frame. Kernel rows above and below the input are skipped, zeros left and
/// right of it are multiplied.
std::int64_t macs_of(const CompiledGraph& graph, const Step& step);
std::int64_t macs_of(const CompiledGraph& graph);

/// Whether some value is int8.
bool has_int8(const CompiledGraph& graph);

} // namespace prunedamr::engine
