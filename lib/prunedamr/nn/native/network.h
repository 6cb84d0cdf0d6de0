// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/nn/native/step.h"

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace prunedamr::nn::native {

/// The forward and backward pass of a 1-D network by this project's own kernels: what small networks are trained
/// with, for which a general library's overhead and its passes over memory cost more than the arithmetic. Needs no
/// LibTorch. It holds the activations of one batch. Of one thread at a time.
class Network
{
public:
    /// Null when the network has something that this does not know: two dimensions, other pools, groups, shortcuts
    /// that change shape, 8-bit values.
    static std::unique_ptr<Network> build(const graph::Network& network);

    /// The tensors that it reads, to be filled in before a pass: `value`, `strides` and `wanted` before `forward`,
    /// the zeroed `gradient` of those that are wanted, which is added to, before `backward`.
    std::deque<Parameter>& parameters() { return parameters_; }

    std::int64_t classes() const { return static_cast<std::int64_t>(values_.back().channels); }

    /// frames [pass.frames, 2, length] float32 -> logits [pass.frames, classes]. In training mode norms use the
    /// batch's statistics and move the running ones by a tenth.
    void forward(const Pass& pass, const float* frames, float* logits);

    /// After `forward` of the same batch: the gradients of the parameters, from that of the logits.
    void backward(const Pass& pass, const float* logits_gradient);

private:
    friend class Builder;
    struct StepAt {
        StepPointer step;
        std::vector<Value*> inputs;
        Value* output;
    };
    void reserve(std::size_t frames);
    void reserve_gradients(std::size_t frames);

    std::deque<Value> values_; ///< the first is the frame, the last the logits
    std::deque<Parameter> parameters_;
    std::vector<StepAt> steps_;
    std::deque<Buffer> gradients_; ///< as many as are in use at once
    std::size_t reserved_ = 0;
};

} // namespace prunedamr::nn::native
