// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"
#include "prunedamr/nn/native/kernels.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace prunedamr::nn::native {

/// An activation [frames, width, stride] and the loss's gradient by it.
struct Value {
    std::size_t width = 1, channels = 1, stride = kLanes;
    bool wanted = false;  ///< whether a gradient by it is of use
    bool written = false; ///< whether `gradient` holds what earlier steps of this backward pass gave
    Buffer data;
    float* gradient = nullptr; ///< memory of the network, other values' too at other times of the pass

    std::size_t frame() const { return width * stride; }
    /// Whether the writer of a gradient adds to what is there; from now on the next one does.
    bool accumulates()
    {
        const bool before = written;
        written = true;
        return before;
    }
};

/// A tensor of the network, owned by others: weights [out, in, taps] with any strides, or vectors and small tables.
struct Parameter {
    std::string name;
    std::vector<std::int64_t> strides; ///< of its dimensions as the graph has them
    float* value = nullptr;            ///< running statistics are written, the rest only read
    float* gradient = nullptr;         ///< of the same strides
    bool wanted = false;               ///< whether anybody asks for it
};

/// How a pass is run.
struct Pass {
    std::size_t frames = 0;
    bool training = false;
    int parts = 1; ///< pieces of work that may run at once; sums are added in their order
    std::function<void(int parts, const std::function<void(int)>&)> run_parts;
    std::function<void(double probability, float* to, std::size_t count)> draw; ///< 0 with `probability`, else 1

    /// work(part, first frame, end), over all frames, where each costs about `floats` operations.
    template <class Work> void each(std::size_t floats, const Work& work) const
    {
        constexpr std::size_t kWorthSharing = 100000;
        const int shared = frames * floats < kWorthSharing ? 1 : parts;
        if (shared == 1)
            return work(0, std::size_t{ 0 }, frames);
        run_parts(shared, [&](int part) {
            const auto p = static_cast<std::size_t>(part), all = static_cast<std::size_t>(shared);
            work(part, frames * p / all, frames * (p + 1) / all);
        });
    }
};

/// One operation of a network, or several in one, with what it keeps between its two passes.
class Step
{
public:
    virtual ~Step() = default;
    virtual void forward(const Pass& pass) = 0;

    /// Adds gradients to the inputs that want one, and writes those of its parameters.
    virtual void backward(const Pass& pass) = 0;
};
using StepPointer = std::unique_ptr<Step>;

/// Of a conv along positions, or of a linear layer of a single position.
struct ConvParts {
    Value *input, *output;
    Parameter *weight, *bias; ///< bias may be null
    std::size_t taps = 1, step = 1, pad = 0;
    bool complex = false; ///< filters are real parts, then imaginary parts, of I and Q, see `graph::Op`
};
StepPointer make_conv(const ConvParts& parts);
StepPointer make_depthwise(const ConvParts& parts);

/// Batch norm, then what follows it at once.
struct NormParts {
    Value *input, *output;
    Parameter *weight, *bias, *mean, *variance;
    double epsilon = 1e-5;
    bool complex = false;
    bool relu = false;
    std::size_t shuffle_groups = 1; ///< of positions
};
StepPointer make_norm(const NormParts& parts);

StepPointer make_add(std::vector<Value*> inputs, Value* output, bool relu);
StepPointer make_gate(Value* input, Value* gate, Value* output); ///< product with one value per channel
StepPointer make_mean(Value* input, Value* output);              ///< over all positions
StepPointer make_max_pool(Value* input, Value* output, std::size_t taps, std::size_t step);
StepPointer make_relu(Value* input, Value* output);
StepPointer make_sigmoid(Value* input, Value* output);
StepPointer make_concat(std::vector<Value*> inputs, Value* output, bool along_width);
StepPointer make_dropout(Value* input, Value* output, double probability);

} // namespace prunedamr::nn::native
