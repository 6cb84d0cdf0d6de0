// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/engine/compiled_graph.h"
#include "prunedamr/engine/native/arena.h"
#include "prunedamr/engine/onednn/compat.h"

#include <memory>
#include <vector>

namespace prunedamr::engine::onednn {

/// A value's layout and place.
struct Held {
    memory::desc desc;
    int buffer = -1;
    bool shared = false; ///< another value looks at the same place
};

/// A memory that a primitive reads or writes: a place in the arena, or a constant (weights).
struct Argument {
    int id; ///< DNNL_ARG_...
    memory::desc desc;
    int buffer; ///< index of the buffer; -1: `constant`
    memory constant;
};

struct Call {
    dnnl::primitive primitive;
    std::vector<Argument> arguments;
};

memory::desc float_desc(const Dims& dims, memory::format_tag tag);
Argument argument(int id, const Held& held);
Argument argument(int id, const memory& constant);

/// Attributes of every primitive here: the scratchpad is the caller's, so that engines can share primitives.
dnnl::primitive_attr attributes(const dnnl::post_ops& ops = {});

/// Collects calls, and buffers with the calls between which each must hold.
class Recorder
{
public:
    explicit Recorder(const dnnl::engine& engine) : engine_(engine) {}

    Held allocate(const memory::desc& desc);

    /// The buffer holds from before the first call until after the last.
    void keep_always(const Held& held);

    template <typename Descriptor> void call(const Descriptor& descriptor, std::vector<Argument> arguments)
    {
        arguments.push_back(argument(DNNL_ARG_SCRATCHPAD, allocate(descriptor.scratchpad_desc())));
        append({ dnnl::primitive(descriptor.get()), std::move(arguments) });
    }

    void copy(const Held& from, const Held& to);

    /// `held` in another layout; itself when it has that one.
    Held in_layout(const Held& held, const memory::desc& desc);
    Held plain(const Held& held); ///< in [N, C, H, W] order

    const std::vector<Block>& blocks() const { return blocks_; }
    std::vector<Call> take_calls() { return std::move(calls_); }

private:
    void append(Call call);

    dnnl::engine engine_;
    std::vector<Call> calls_;
    std::vector<Block> blocks_;
};

/// A graph as oneDNN primitives for one batch size, independent of any arena.
struct PrimitiveSequence {
    int batch = 1;
    std::vector<Call> calls;
    Placement placement; ///< of the buffers
    int input = 0;       ///< buffer of the frames, [batch, 2, 1, length]
    int output = 0;      ///< buffer of the logits, [batch, classes, 1, 1]
};

/// Reordered weights of each step, shared by the sequences of all batch sizes.
using WeightCache = std::vector<std::vector<memory>>;

/// Throws `Error` naming the node for an operation that is not supported.
PrimitiveSequence make_sequence(const CompiledGraph& graph, int batch, const dnnl::engine& engine,
                                WeightCache& weights);

} // namespace prunedamr::engine::onednn
