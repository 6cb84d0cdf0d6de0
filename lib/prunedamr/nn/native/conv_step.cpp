// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/nn/native/step.h"

#include <algorithm>

namespace prunedamr::nn::native {
namespace {

std::ptrdiff_t signed_of(std::size_t size)
{
    return static_cast<std::ptrdiff_t>(size);
}

/// Sums that parts make, each in a buffer of its own.
class PartialSums
{
public:
    void clear(int parts, std::size_t count)
    {
        sums_.resize(static_cast<std::size_t>(parts));
        for (Buffer& sum : sums_)
            sum.assign(count, 0.0F);
    }
    float* of(int part) { return sums_[static_cast<std::size_t>(part)].data(); }
    const Buffer& total()
    {
        for (std::size_t part = 1; part < sums_.size(); ++part)
            copy_or_add(sums_[part].data(), sums_[0].data(), sums_[0].size(), true);
        return sums_[0];
    }

private:
    std::vector<Buffer> sums_;
};

/// A frame with `pad` rows of zeros before and after it.
class PaddedFrame
{
public:
    PaddedFrame(std::size_t width, std::size_t stride, std::size_t pad)
        : rows_((width + 2 * pad) * stride), start_(pad * stride), count_(width * stride)
    {
    }
    const float* with(const float* frame)
    {
        std::copy_n(frame, count_, rows_.data() + start_);
        return rows_.data();
    }
    float* rows() { return rows_.data(); }
    float* middle() { return rows_.data() + start_; }
    void clear() { std::fill(rows_.begin(), rows_.end(), 0.0F); }

private:
    Buffer rows_;
    std::size_t start_, count_;
};

/// A conv over all channels: with channels side by side the window of an output position is one run of memory, so
/// it is a product of matrices whose rows overlap.
class Conv : public Step
{
public:
    explicit Conv(const ConvParts& parts)
        : p_(parts), window_(p_.taps * p_.input->stride), out_(p_.output->stride),
          plain_(p_.taps == 1 && p_.step == 1 && p_.pad == 0)
    {
    }

    void forward(const Pass& pass) override
    {
        pack();
        Value &in = *p_.input, &out = *p_.output;
        pass.each(out.width * window_ * out_, [&](int, std::size_t first, std::size_t end) {
            if (plain_)
                return product(in.data.data() + first * in.frame(), (end - first) * in.width,
                               out.data.data() + first * out.frame());
            PaddedFrame padded(in.width, in.stride, p_.pad);
            for (std::size_t f = first; f < end; ++f)
                product(padded.with(in.data.data() + f * in.frame()), out.width, out.data.data() + f * out.frame());
        });
    }

    void backward(const Pass& pass) override
    {
        if (p_.weight->wanted || (p_.bias && p_.bias->wanted))
            weight_gradient(pass);
        if (p_.input->wanted)
            input_gradient(pass);
    }

private:
    void product(const float* x, std::size_t rows, float* y) const
    {
        const Strided windows{ x, signed_of(p_.step * p_.input->stride), 1 };
        multiply({ windows, weight_.data(), y, rows, out_, window_, p_.bias ? bias_.data() : nullptr, false });
    }

    /// Calls visit(index in the packed weights, offset in the tensor, sign): every place where a weight stands.
    template <class Visit> void each_weight(const Visit& visit) const
    {
        const auto& strides = p_.weight->strides;
        const std::ptrdiff_t by_out = strides[0], by_in = strides[1], by_tap = strides.size() > 2 ? strides[3] : 0;
        const std::size_t filters = p_.output->channels, half = filters / 2;
        for (std::size_t k = 0; k < p_.taps; ++k)
            for (std::size_t i = 0; i < p_.input->channels; ++i)
                for (std::size_t o = 0; o < filters; ++o) {
                    std::ptrdiff_t from = signed_of(o) * by_out + signed_of(i) * by_in;
                    float sign = 1.0F;
                    if (p_.complex) { // I: A of I less B of Q; Q: B of I plus A of Q
                        const bool imaginary = i != o % 2;
                        from = signed_of(o / 2 + (imaginary ? half : 0)) * by_out;
                        sign = imaginary && o % 2 == 0 ? -1.0F : 1.0F;
                    }
                    visit((k * p_.input->stride + i) * out_ + o, from + signed_of(k) * by_tap, sign);
                }
    }

    template <class Visit> void each_bias(const Visit& visit) const
    {
        const std::size_t filters = p_.output->channels, half = filters / 2;
        for (std::size_t o = 0; o < filters; ++o)
            if (p_.complex) {
                visit(o, o / 2, 1.0F);
                visit(o, o / 2 + half, o % 2 == 0 ? -1.0F : 1.0F);
            } else {
                visit(o, o, 1.0F);
            }
    }

    void pack()
    {
        weight_.assign(window_ * out_, 0.0F);
        each_weight(
            [&](std::size_t at, std::ptrdiff_t from, float sign) { weight_[at] = sign * p_.weight->value[from]; });
        if (!p_.bias)
            return;
        bias_.assign(out_, 0.0F);
        each_bias([&](std::size_t at, std::size_t from, float sign) { bias_[at] += sign * p_.bias->value[from]; });
    }

    void weight_gradient(const Pass& pass)
    {
        constexpr std::size_t kRows = 128; ///< of two matrices that stay in the first cache
        Value &in = *p_.input, &out = *p_.output;
        const std::size_t count = window_ * out_;
        sums_.clear(pass.parts, count + out_);
        pass.each(out.width * count, [&](int part, std::size_t first, std::size_t end) {
            float* sums = sums_.of(part);
            const auto add = [&](const float* x, const float* g, std::size_t rows) {
                const Strided transposed{ x, 1, signed_of(p_.step * in.stride) };
                multiply({ transposed, g, sums, window_, out_, rows, nullptr, true });
                if (p_.bias)
                    sum_rows(g, rows, out_, sums + count);
            };
            if (plain_) {
                const std::size_t stop = end * in.width;
                for (std::size_t row = first * in.width; row < stop; row += kRows)
                    add(in.data.data() + row * in.stride, out.gradient + row * out_, std::min(kRows, stop - row));
                return;
            }
            PaddedFrame padded(in.width, in.stride, p_.pad);
            for (std::size_t f = first; f < end; ++f)
                add(padded.with(in.data.data() + f * in.frame()), out.gradient + f * out.frame(), out.width);
        });
        const Buffer& total = sums_.total();
        if (p_.weight->wanted)
            each_weight([&](std::size_t at, std::ptrdiff_t to, float sign) {
                p_.weight->gradient[to] += sign * total[at];
            });
        if (p_.bias && p_.bias->wanted)
            each_bias([&](std::size_t at, std::size_t to, float sign) {
                p_.bias->gradient[to] += sign * total[count + at];
            });
    }

    void input_gradient(const Pass& pass)
    {
        Value &in = *p_.input, &out = *p_.output;
        const bool accumulate = in.accumulates();
        transposed_.resize(window_ * out_);
        for (std::size_t k = 0; k < window_; ++k)
            for (std::size_t o = 0; o < out_; ++o)
                transposed_[o * window_ + k] = weight_[k * out_ + o];
        pass.each(out.width * window_ * out_, [&](int, std::size_t first, std::size_t end) {
            const auto back = [&](const float* g, float* dx, std::size_t rows, bool add) {
                multiply({ { g, signed_of(out_), 1 }, transposed_.data(), dx, rows, window_, out_, nullptr, add });
            };
            if (plain_)
                return back(out.gradient + first * out.frame(), in.gradient + first * in.frame(),
                            (end - first) * in.width, accumulate);
            PaddedFrame padded(in.width, in.stride, p_.pad);
            Buffer windows(out.width * window_);
            for (std::size_t f = first; f < end; ++f) {
                back(out.gradient + f * out.frame(), windows.data(), out.width, false);
                padded.clear();
                for (std::size_t w = 0; w < out.width; ++w)
                    copy_or_add(windows.data() + w * window_, padded.rows() + w * p_.step * in.stride, window_,
                                true);
                copy_or_add(padded.middle(), in.gradient + f * in.frame(), in.frame(), accumulate);
            }
        });
    }

    ConvParts p_;
    std::size_t window_, out_;
    bool plain_;
    Buffer weight_;     ///< [taps, channels in, channels out]
    Buffer transposed_; ///< [channels out, taps, channels in]
    Buffer bias_;
    PartialSums sums_;
};

/// A filter of its own for every channel.
class Depthwise : public Step
{
public:
    explicit Depthwise(const ConvParts& parts) : p_(parts), stride_(p_.input->stride) {}

    void forward(const Pass& pass) override
    {
        Value &in = *p_.input, &out = *p_.output;
        weight_.assign(p_.taps * stride_, 0.0F);
        for (std::size_t k = 0; k < p_.taps; ++k)
            for (std::size_t c = 0; c < in.channels; ++c)
                weight_[k * stride_ + c] = p_.weight->value[offset(c, k)];
        pass.each(out.width * p_.taps * stride_, [&](int, std::size_t first, std::size_t end) {
            PaddedFrame padded(in.width, stride_, p_.pad);
            for (std::size_t f = first; f < end; ++f)
                convolve_depthwise(padded.with(in.data.data() + f * in.frame()), weight_.data(),
                                   out.data.data() + f * out.frame(), out.width, p_.step, p_.taps, stride_);
        });
    }

    void backward(const Pass& pass) override
    {
        Value &in = *p_.input, &out = *p_.output;
        const bool wanted = in.wanted, accumulate = wanted && in.accumulates();
        Buffer reversed(p_.taps * stride_);
        for (std::size_t k = 0; k < p_.taps; ++k)
            std::copy_n(weight_.data() + k * stride_, stride_, reversed.data() + (p_.taps - 1 - k) * stride_);
        sums_.clear(pass.parts, p_.taps * stride_);
        pass.each(2 * out.width * p_.taps * stride_, [&](int part, std::size_t first, std::size_t end) {
            PaddedFrame padded(in.width, stride_, p_.pad);
            Spread spread(in.width, stride_, p_);
            for (std::size_t f = first; f < end; ++f) {
                const float* g = out.gradient + f * out.frame();
                correlate_depthwise(padded.with(in.data.data() + f * in.frame()), g, sums_.of(part), out.width,
                                    p_.step, p_.taps, stride_);
                if (wanted)
                    spread.back(g, out.width, reversed.data(), in.gradient + f * in.frame(), accumulate);
            }
        });
        if (!p_.weight->wanted)
            return;
        const Buffer& total = sums_.total();
        for (std::size_t k = 0; k < p_.taps; ++k)
            for (std::size_t c = 0; c < in.channels; ++c)
                p_.weight->gradient[offset(c, k)] += total[k * stride_ + c];
    }

private:
    /// The gradient of a frame: the reversed filter over the output's gradient, whose rows stand `step` apart.
    class Spread
    {
    public:
        Spread(std::size_t width, std::size_t stride, const ConvParts& parts)
            : width_(width), stride_(stride), step_(parts.step), taps_(parts.taps), before_(taps_ - 1 - parts.pad),
              rows_((width + taps_ - 1 + step_) * stride), result_(width * stride)
        {
        }
        void back(const float* g, std::size_t positions, const float* reversed, float* dx, bool accumulate)
        {
            for (std::size_t w = 0; w < positions; ++w)
                std::copy_n(g + w * stride_, stride_, rows_.data() + (before_ + w * step_) * stride_);
            convolve_depthwise(rows_.data(), reversed, accumulate ? result_.data() : dx, width_, 1, taps_, stride_);
            if (accumulate)
                copy_or_add(result_.data(), dx, result_.size(), true);
        }

    private:
        std::size_t width_, stride_, step_, taps_, before_;
        Buffer rows_, result_;
    };

    std::ptrdiff_t offset(std::size_t channel, std::size_t tap) const
    {
        return signed_of(channel) * p_.weight->strides[0] + signed_of(tap) * p_.weight->strides[3];
    }

    ConvParts p_;
    std::size_t stride_;
    Buffer weight_; ///< [taps, channels]
    PartialSums sums_;
};

} // namespace

StepPointer make_conv(const ConvParts& parts)
{
    return std::make_unique<Conv>(parts);
}

StepPointer make_depthwise(const ConvParts& parts)
{
    return std::make_unique<Depthwise>(parts);
}

} // namespace prunedamr::nn::native
