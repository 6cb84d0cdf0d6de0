// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/engine/compiled_graph.h"

#include <vector>

// What `compile_graph` does with the steps of a network, in this order, and what these passes share.
namespace prunedamr::engine {

/// Turns complex convs of the frame into real ones: image, conv and complex_sum become one conv of both input
/// channels with as many multiplications, and a complex norm that follows is folded into its weights.
void fuse_complex(CompiledGraph& graph);

/// conv -> add becomes one conv with a shortcut, in the place of the add, where the other input is known to be
/// ready.
void fuse_shortcuts(CompiledGraph& graph);

/// mul -> add becomes an add with a gate.
void fuse_gates(CompiledGraph& graph);

/// A relu becomes part of the conv, add or mul before it.
void fuse_relus(CompiledGraph& graph);

/// Inserts dtype conversions where a kernel does not support its operand's dtype: convs with float32 weights,
/// sigmoids and complex sums compute in float32; shuffles and changes of shape keep the dtype of their input;
/// frames and logits are float32. An int8 conv whose sum could overflow 32 bits becomes a float32 one of the
/// rounded weights.
void insert_conversions(CompiledGraph& graph);

/// Steps that read a value; the network output counts as a reader.
int count_readers(const CompiledGraph& graph, int value);

/// The step that writes a float32 value with a single reader, so that the step may be changed; nullptr if there is
/// none.
Step* sole_producer(CompiledGraph& graph, int value);

/// Removes the steps that `removed` points to.
void erase_steps(CompiledGraph& graph, const std::vector<const Step*>& removed);

} // namespace prunedamr::engine
