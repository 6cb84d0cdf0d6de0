// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/nn/native/step.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::nn::native {
namespace {

/// Steps whose passes go frame by frame.
class FrameStep : public Step
{
public:
    explicit FrameStep(Value* output) : output_(*output) {}

    void forward(const Pass& pass) override
    {
        prepare(pass);
        pass.each(4 * work(), [&](int, std::size_t first, std::size_t end) {
            for (std::size_t f = first; f < end; ++f)
                forward_frame(f);
        });
    }

    void backward(const Pass& pass) override
    {
        mark();
        pass.each(4 * work(), [&](int, std::size_t first, std::size_t end) {
            for (std::size_t f = first; f < end; ++f)
                backward_frame(f);
        });
    }

protected:
    virtual std::size_t work() const { return output_.frame(); }
    virtual void prepare(const Pass&) {}
    virtual void forward_frame(std::size_t frame) = 0;
    virtual void mark() = 0; ///< notes which inputs' gradients are added to
    virtual void backward_frame(std::size_t frame) = 0;

    static float* data(Value& value, std::size_t frame) { return value.data.data() + frame * value.frame(); }
    static float* gradient(Value& value, std::size_t frame) { return value.gradient + frame * value.frame(); }

    Value& output_;
};

/// With one input whose gradient may be added to.
class OneInput : public FrameStep
{
public:
    OneInput(Value* input, Value* output) : FrameStep(output), input_(*input) {}

protected:
    void mark() override { adds_ = input_.wanted && input_.accumulates(); }
    float* from(std::size_t frame) { return data(input_, frame); }
    float* to(std::size_t frame) { return data(output_, frame); }
    float* result(std::size_t frame) { return gradient(output_, frame); }

    /// dx of a frame (+)= f(i) for every element
    template <class Function> void give_back(std::size_t frame, const Function& function)
    {
        if (!input_.wanted)
            return;
        float* dx = gradient(input_, frame);
        for (std::size_t i = 0; i < input_.frame(); ++i)
            dx[i] = function(i) + (adds_ ? dx[i] : 0.0F);
    }

    Value& input_;
    bool adds_ = false;
};

class Relu : public OneInput
{
public:
    using OneInput::OneInput;

private:
    void forward_frame(std::size_t frame) override { cut_negative(from(frame), to(frame), input_.frame()); }
    void backward_frame(std::size_t frame) override
    {
        if (input_.wanted)
            cut_negative_back(to(frame), result(frame), gradient(input_, frame), input_.frame(), adds_);
    }
};

class Sigmoid : public OneInput
{
public:
    using OneInput::OneInput;

private:
    void forward_frame(std::size_t frame) override
    {
        std::transform(from(frame), from(frame) + input_.frame(), to(frame),
                       [](float x) { return 1.0F / (1.0F + std::exp(-x)); });
    }
    void backward_frame(std::size_t frame) override
    {
        const float *y = to(frame), *g = result(frame);
        give_back(frame, [=](std::size_t i) { return g[i] * y[i] * (1.0F - y[i]); });
    }
};

class Dropout : public OneInput
{
public:
    Dropout(Value* input, Value* output, double probability) : OneInput(input, output), probability_(probability) {}

private:
    void prepare(const Pass& pass) override
    {
        factor_.assign(pass.frames * input_.frame(), 1.0F);
        if (!pass.training || probability_ == 0.0)
            return;
        const std::size_t rows = pass.frames * input_.width;
        std::vector<float> kept(rows * input_.channels);
        pass.draw(probability_, kept.data(), kept.size());
        const auto scale = static_cast<float>(1.0 / (1.0 - probability_));
        for (std::size_t row = 0; row < rows; ++row)
            for (std::size_t c = 0; c < input_.channels; ++c)
                factor_[row * input_.stride + c] = scale * kept[row * input_.channels + c];
    }
    void forward_frame(std::size_t frame) override
    {
        const float *x = from(frame), *factor = factor_.data() + frame * input_.frame();
        for (std::size_t i = 0; i < input_.frame(); ++i)
            to(frame)[i] = x[i] * factor[i];
    }
    void backward_frame(std::size_t frame) override
    {
        const float *g = result(frame), *factor = factor_.data() + frame * input_.frame();
        give_back(frame, [=](std::size_t i) { return g[i] * factor[i]; });
    }

    double probability_;
    Buffer factor_;
};

class Mean : public OneInput
{
public:
    using OneInput::OneInput;

private:
    std::size_t work() const override { return input_.frame(); }
    float factor() const { return 1.0F / static_cast<float>(input_.width); }
    void forward_frame(std::size_t frame) override
    {
        float* y = to(frame);
        std::fill_n(y, output_.stride, 0.0F);
        sum_rows(from(frame), input_.width, input_.stride, y);
        for (std::size_t c = 0; c < output_.stride; ++c)
            y[c] *= factor();
    }
    void backward_frame(std::size_t frame) override
    {
        if (input_.wanted)
            spread_row(result(frame), factor(), gradient(input_, frame), adds_, input_.width, input_.stride);
    }
};

/// Without padding.
class MaxPool : public OneInput
{
public:
    MaxPool(Value* input, Value* output, std::size_t taps, std::size_t step)
        : OneInput(input, output), taps_(taps), step_(step)
    {
    }

private:
    std::size_t work() const override { return input_.frame(); }
    void prepare(const Pass& pass) override { rows_.resize(pass.frames * output_.frame()); }
    void forward_frame(std::size_t frame) override
    {
        for (std::size_t w = 0; w < output_.width; ++w)
            largest_rows(from(frame) + w * step_ * input_.stride, taps_, input_.stride,
                         to(frame) + w * output_.stride, rows(frame) + w * output_.stride);
    }
    void backward_frame(std::size_t frame) override
    {
        if (!input_.wanted)
            return;
        float* dx = gradient(input_, frame);
        if (!adds_)
            std::fill_n(dx, input_.frame(), 0.0F);
        for (std::size_t w = 0; w < output_.width; ++w)
            for (std::size_t c = 0; c < output_.stride; ++c) {
                const std::size_t at = w * output_.stride + c;
                dx[(w * step_ + static_cast<std::size_t>(rows(frame)[at])) * input_.stride + c] +=
                    result(frame)[at];
            }
    }
    std::int32_t* rows(std::size_t frame) { return rows_.data() + frame * output_.frame(); }

    std::size_t taps_, step_;
    std::vector<std::int32_t> rows_;
};

class Gate : public OneInput
{
public:
    Gate(Value* input, Value* gate, Value* output) : OneInput(input, output), gate_(*gate) {}

private:
    void forward_frame(std::size_t frame) override
    {
        scale_rows(from(frame), data(gate_, frame), to(frame), input_.width, input_.stride);
    }
    void mark() override
    {
        OneInput::mark();
        gate_adds_ = gate_.wanted && gate_.accumulates();
    }
    void backward_frame(std::size_t frame) override
    {
        scale_rows_back(from(frame), data(gate_, frame), result(frame),
                        input_.wanted ? gradient(input_, frame) : nullptr, adds_,
                        gate_.wanted ? gradient(gate_, frame) : nullptr, gate_adds_, input_.width, input_.stride);
    }

    Value& gate_;
    bool gate_adds_ = false;
};

class SeveralInputs : public FrameStep
{
public:
    SeveralInputs(std::vector<Value*> inputs, Value* output) : FrameStep(output), inputs_(std::move(inputs)) {}

protected:
    void mark() override
    {
        adds_.clear();
        for (Value* input : inputs_)
            adds_.push_back(input->wanted && input->accumulates());
    }

    std::vector<Value*> inputs_;
    std::vector<bool> adds_;
};

class Add : public SeveralInputs
{
public:
    Add(std::vector<Value*> inputs, Value* output, bool relu)
        : SeveralInputs(std::move(inputs), output), relu_(relu)
    {
    }

private:
    void forward_frame(std::size_t frame) override
    {
        float* y = data(output_, frame);
        for (std::size_t i = 0; i < inputs_.size(); ++i)
            copy_or_add(data(*inputs_[i], frame), y, output_.frame(), i > 0);
        if (relu_)
            cut_negative(y, y, output_.frame());
    }
    void backward_frame(std::size_t frame) override
    {
        float* g = gradient(output_, frame); // nobody reads it afterwards
        if (relu_)
            cut_negative_back(data(output_, frame), g, g, output_.frame(), false);
        for (std::size_t i = 0; i < inputs_.size(); ++i)
            if (inputs_[i]->wanted)
                copy_or_add(g, gradient(*inputs_[i], frame), output_.frame(), adds_[i]);
    }

    bool relu_;
};

class Concat : public SeveralInputs
{
public:
    Concat(std::vector<Value*> inputs, Value* output, bool along_width)
        : SeveralInputs(std::move(inputs), output), along_width_(along_width)
    {
    }

private:
    /// visit(input, number of it, its row, the output's floats where the row's channels are)
    template <class Visit> void each_row(const Visit& visit) const
    {
        std::size_t before = 0; // positions or channels
        for (std::size_t i = 0; i < inputs_.size(); ++i) {
            for (std::size_t w = 0; w < inputs_[i]->width; ++w)
                visit(*inputs_[i], i, w,
                      along_width_ ? (before + w) * output_.stride : w * output_.stride + before);
            before += along_width_ ? inputs_[i]->width : inputs_[i]->channels;
        }
    }
    void forward_frame(std::size_t frame) override
    {
        each_row([&](Value& input, std::size_t, std::size_t w, std::size_t at) {
            std::copy_n(data(input, frame) + w * input.stride, input.channels, data(output_, frame) + at);
        });
    }
    void backward_frame(std::size_t frame) override
    {
        each_row([&](Value& input, std::size_t number, std::size_t w, std::size_t at) {
            if (!input.wanted)
                return;
            const float* g = gradient(output_, frame) + at;
            float* dx = gradient(input, frame) + w * input.stride;
            for (std::size_t c = 0; c < input.channels; ++c)
                dx[c] = g[c] + (adds_[number] ? dx[c] : 0.0F);
        });
    }

    bool along_width_;
};

} // namespace

StepPointer make_add(std::vector<Value*> inputs, Value* output, bool relu)
{
    return std::make_unique<Add>(std::move(inputs), output, relu);
}

StepPointer make_gate(Value* input, Value* gate, Value* output)
{
    return std::make_unique<Gate>(input, gate, output);
}

StepPointer make_mean(Value* input, Value* output)
{
    return std::make_unique<Mean>(input, output);
}

StepPointer make_max_pool(Value* input, Value* output, std::size_t taps, std::size_t step)
{
    return std::make_unique<MaxPool>(input, output, taps, step);
}

StepPointer make_relu(Value* input, Value* output)
{
    return std::make_unique<Relu>(input, output);
}

StepPointer make_sigmoid(Value* input, Value* output)
{
    return std::make_unique<Sigmoid>(input, output);
}

StepPointer make_concat(std::vector<Value*> inputs, Value* output, bool along_width)
{
    return std::make_unique<Concat>(std::move(inputs), output, along_width);
}

StepPointer make_dropout(Value* input, Value* output, double probability)
{
    return std::make_unique<Dropout>(input, output, probability);
}

} // namespace prunedamr::nn::native
