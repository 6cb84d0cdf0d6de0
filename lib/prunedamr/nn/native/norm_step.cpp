// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/nn/native/step.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::nn::native {
namespace {

/// The map that whitens a pair and weighs it, y = P (x - mean), and how a loss's gradient passes through it
/// (arXiv 1705.09792, section 3.5). With V = [a r; r c] the covariance, epsilon on its diagonal: s = sqrt(det V),
/// t = a + c + 2 s, V^(-1/2) = [c + s, -r; -r, a + s] / (s sqrt(t)).
struct PairMap {
    double a, c, r, s, k; ///< k = 1 / (s sqrt(t))
    double white_ii, white_qq, white_iq;
    double p_ii, p_iq, p_qi, p_qq;
    bool clamped;

    /// `weight` and `variance` are II, QQ, IQ.
    PairMap(const double weight[3], const double variance[3], double epsilon)
        : a(variance[0] + epsilon), c(variance[1] + epsilon), r(variance[2])
    {
        const double determinant = a * c - r * r;
        clamped = determinant < epsilon * epsilon;
        s = std::sqrt(std::max(determinant, epsilon * epsilon));
        k = 1.0 / (s * std::sqrt(a + c + 2.0 * s));
        white_ii = (c + s) * k;
        white_qq = (a + s) * k;
        white_iq = -r * k;
        p_ii = weight[0] * white_ii + weight[2] * white_iq;
        p_iq = weight[0] * white_iq + weight[2] * white_qq;
        p_qi = weight[2] * white_ii + weight[1] * white_iq;
        p_qq = weight[2] * white_iq + weight[1] * white_qq;
    }

    /// From the gradient by P, in the order ii, iq, qi, qq, those by weight and variance.
    void back(const double weight[3], const double p[4], double by_weight[3], double by_variance[3]) const
    {
        by_weight[0] = white_ii * p[0] + white_iq * p[1];
        by_weight[1] = white_iq * p[2] + white_qq * p[3];
        by_weight[2] = white_iq * p[0] + white_qq * p[1] + white_ii * p[2] + white_iq * p[3];
        const double by_ii = weight[0] * p[0] + weight[2] * p[2];
        const double by_qq = weight[2] * p[1] + weight[1] * p[3];
        const double by_iq = weight[2] * p[0] + weight[0] * p[1] + weight[1] * p[2] + weight[2] * p[3];
        const double by_k = (c + s) * by_ii + (a + s) * by_qq - r * by_iq;
        const double by_t = -by_k * k / (2.0 * (a + c + 2.0 * s));
        const double by_s = clamped ? 0.0 : k * (by_ii + by_qq) - by_k * k / s + 2.0 * by_t;
        by_variance[0] = k * by_qq + by_t + by_s * c / (2.0 * s);
        by_variance[1] = k * by_ii + by_t + by_s * a / (2.0 * s);
        by_variance[2] = -k * by_iq - by_s * r / s;
    }
};

constexpr double kMomentum = 0.1; // of the running statistics

class Norm : public Step
{
public:
    explicit Norm(const NormParts& parts) : p_(parts), stride_(p_.input->stride), channels_(p_.input->channels)
    {
        if (p_.shuffle_groups > 1)
            for (std::size_t w = 0, per_group = p_.input->width / p_.shuffle_groups; w < p_.input->width; ++w)
                order_.push_back(static_cast<std::int32_t>(w % per_group * p_.shuffle_groups + w / per_group));
        for (Buffer* row : { &scale_, &cross_, &offset_, &center_, &slope_, &slope_cross_, &back_offset_ })
            row->assign(stride_, 0.0F);
        back_scale_ = back_cross_ = scale_;
        mean_.assign(stride_, 0.0);
        variance_.assign(stride_, 0.0);
        covariance_.assign(stride_, 0.0);
    }

    void forward(const Pass& pass) override
    {
        Value& in = *p_.input;
        if (pass.training)
            batch_statistics(pass);
        else
            running_statistics();
        p_.complex ? map_pairs() : map_channels();
        pass.each(4 * in.frame(), [&](int, std::size_t first, std::size_t end) {
            transform(rows(first, end), in.data.data() + first * in.frame(),
                      p_.output->data.data() + first * in.frame());
        });
    }

    void backward(const Pass& pass) override
    {
        Value& in = *p_.input;
        count_ = static_cast<double>(pass.frames * in.width);
        for (std::size_t c = 0; c < stride_; ++c)
            center_[c] = static_cast<float>(mean_[c]);
        const std::vector<double> sums = over_parts(pass, [&](std::size_t first, std::size_t end, double* to) {
            sum_gradients(rows(first, end), in.data.data() + first * in.frame(),
                          p_.output->gradient + first * in.frame(), center_.data(), to);
        });
        p_.complex ? pairs_back(sums, pass.training) : channels_back(sums, pass.training);
        if (!in.wanted)
            return;
        const bool accumulate = in.accumulates();
        const GradientRows back{ back_scale_.data(), back_cross_.data(), slope_.data(), slope_cross_.data(),
                                 back_offset_.data() };
        pass.each(4 * in.frame(), [&](int, std::size_t first, std::size_t end) {
            transform_back(rows(first, end), back, in.data.data() + first * in.frame(),
                           p_.output->gradient + first * in.frame(), in.gradient + first * in.frame(), accumulate);
        });
    }

private:
    AffineRows rows(std::size_t first, std::size_t end) const
    {
        return { scale_.data(),
                 p_.complex ? cross_.data() : nullptr,
                 offset_.data(),
                 p_.relu,
                 order_.empty() ? nullptr : order_.data(),
                 end - first,
                 p_.input->width,
                 stride_ };
    }

    /// Three sums for every channel, by work(first, end, sums).
    template <class Work> std::vector<double> over_parts(const Pass& pass, const Work& work) const
    {
        std::vector<std::vector<double>> parts(static_cast<std::size_t>(pass.parts),
                                               std::vector<double>(3 * stride_, 0.0));
        pass.each(4 * p_.input->frame(), [&](int part, std::size_t first, std::size_t end) {
            work(first, end, parts[static_cast<std::size_t>(part)].data());
        });
        for (std::size_t part = 1; part < parts.size(); ++part)
            for (std::size_t i = 0; i < parts[0].size(); ++i)
                parts[0][i] += parts[part][i];
        return parts[0];
    }

    void batch_statistics(const Pass& pass)
    {
        Value& in = *p_.input;
        count_ = static_cast<double>(pass.frames * in.width);
        std::copy_n(in.data.data(), stride_, center_.data()); // any value near the mean does
        const std::vector<double> sums = over_parts(pass, [&](std::size_t first, std::size_t end, double* to) {
            sum_moments(in.data.data() + first * in.frame(), (end - first) * in.width, stride_, center_.data(),
                        p_.complex, to);
        });
        for (std::size_t c = 0; c < channels_; ++c) {
            const double shift = sums[c] / count_;
            mean_[c] = shift + static_cast<double>(center_[c]);
            variance_[c] = std::max(0.0, sums[stride_ + c] / count_ - shift * shift);
            covariance_[c] = sums[2 * stride_ + c] / count_ - shift * sums[c ^ 1U] / count_;
        }
        follow(count_ > 1.0 ? count_ / (count_ - 1.0) : 1.0);
    }

    void follow(double unbiased)
    {
        const auto move = [](Parameter& running, std::ptrdiff_t at, double to) {
            float& value = running.value[at];
            value = static_cast<float>((1.0 - kMomentum) * static_cast<double>(value) + kMomentum * to);
        };
        for (std::size_t c = 0; c < channels_; ++c) {
            move(*p_.mean, place(*p_.mean, c, c % 2), mean_[c]);
            move(*p_.variance, place(*p_.variance, c, c % 2), variance_[c] * unbiased);
            if (p_.complex && c % 2 == 0)
                move(*p_.variance, place(*p_.variance, c, 2), covariance_[c] * unbiased);
        }
    }

    void running_statistics()
    {
        for (std::size_t c = 0; c < channels_; ++c) {
            mean_[c] = static_cast<double>(p_.mean->value[place(*p_.mean, c, c % 2)]);
            variance_[c] = static_cast<double>(p_.variance->value[place(*p_.variance, c, c % 2)]);
            if (p_.complex)
                covariance_[c] = static_cast<double>(p_.variance->value[place(*p_.variance, c, 2)]);
        }
    }

    /// Where a channel's number stands: in vectors at the channel, in tables of pairs in the pair's row.
    std::ptrdiff_t place(const Parameter& parameter, std::size_t channel, std::size_t column) const
    {
        if (!p_.complex)
            return static_cast<std::ptrdiff_t>(channel) * parameter.strides[0];
        return static_cast<std::ptrdiff_t>(channel / 2) * parameter.strides[0] +
               static_cast<std::ptrdiff_t>(column) * parameter.strides[1];
    }

    double number(const Parameter& parameter, std::size_t channel, std::size_t column) const
    {
        return static_cast<double>(parameter.value[place(parameter, channel, column)]);
    }

    void map_channels()
    {
        for (std::size_t c = 0; c < channels_; ++c) {
            const double scale = number(*p_.weight, c, 0) / std::sqrt(variance_[c] + p_.epsilon);
            scale_[c] = static_cast<float>(scale);
            offset_[c] = static_cast<float>(number(*p_.bias, c, 0) - scale * mean_[c]);
        }
    }

    PairMap pair_map(std::size_t c, double weight[3]) const
    {
        for (std::size_t column = 0; column < 3; ++column)
            weight[column] = number(*p_.weight, c, column);
        const double variance[] = { variance_[c], variance_[c + 1], covariance_[c] };
        return PairMap(weight, variance, p_.epsilon);
    }

    void map_pairs()
    {
        for (std::size_t c = 0; c < channels_; c += 2) {
            double weight[3];
            const PairMap map = pair_map(c, weight);
            scale_[c] = static_cast<float>(map.p_ii);
            cross_[c] = static_cast<float>(map.p_iq);
            offset_[c] = static_cast<float>(number(*p_.bias, c, 0) - map.p_ii * mean_[c] - map.p_iq * mean_[c + 1]);
            scale_[c + 1] = static_cast<float>(map.p_qq);
            cross_[c + 1] = static_cast<float>(map.p_qi);
            offset_[c + 1] =
                static_cast<float>(number(*p_.bias, c, 1) - map.p_qi * mean_[c] - map.p_qq * mean_[c + 1]);
        }
    }

    void add_gradient(Parameter& parameter, std::size_t channel, std::size_t column, double gradient) const
    {
        if (parameter.wanted)
            parameter.gradient[place(parameter, channel, column)] += static_cast<float>(gradient);
    }

    /// dx = scale (g - mean of g - u mean of g u) with u the normalized x; with running statistics only scale g.
    void channels_back(const std::vector<double>& sums, bool training)
    {
        for (std::size_t c = 0; c < channels_; ++c) {
            const double inverse = 1.0 / std::sqrt(variance_[c] + p_.epsilon);
            const double scale = number(*p_.weight, c, 0) * inverse;
            add_gradient(*p_.weight, c, 0, sums[stride_ + c] * inverse);
            add_gradient(*p_.bias, c, 0, sums[c]);
            const double slope = training ? -scale * inverse * inverse * sums[stride_ + c] / count_ : 0.0;
            back_scale_[c] = static_cast<float>(scale);
            slope_[c] = static_cast<float>(slope);
            back_offset_[c] = static_cast<float>(training ? -scale * sums[c] / count_ - slope * mean_[c] : 0.0);
        }
    }

    void pairs_back(const std::vector<double>& sums, bool training)
    {
        const double* product = sums.data() + stride_;
        const double* cross = sums.data() + 2 * stride_;
        for (std::size_t c = 0; c < channels_; c += 2) {
            double weight[3], by_weight[3], by_variance[3];
            const PairMap map = pair_map(c, weight);
            const double by_map[] = { product[c], cross[c], cross[c + 1], product[c + 1] };
            map.back(weight, by_map, by_weight, by_variance);
            for (std::size_t column = 0; column < 3; ++column)
                add_gradient(*p_.weight, c, column, by_weight[column]);
            add_gradient(*p_.bias, c, 0, sums[c]);
            add_gradient(*p_.bias, c, 1, sums[c + 1]);
            if (!training)
                std::fill_n(by_variance, 3, 0.0);
            const double kept = training ? 1.0 / count_ : 0.0, both = by_variance[2] / count_;
            const double p[2][2] = { { map.p_ii, map.p_qi }, { map.p_qq, map.p_iq } };
            for (std::size_t i = 0; i < 2; ++i) {
                const std::size_t own = c + i, other = c + 1 - i;
                const double slope = 2.0 * by_variance[i] / count_;
                back_scale_[own] = static_cast<float>(p[i][0]);
                back_cross_[own] = static_cast<float>(p[i][1]);
                slope_[own] = static_cast<float>(slope);
                slope_cross_[own] = static_cast<float>(both);
                back_offset_[own] = static_cast<float>(-(p[i][0] * sums[own] + p[i][1] * sums[other]) * kept -
                                                       slope * mean_[own] - both * mean_[other]);
            }
        }
    }

    NormParts p_;
    std::size_t stride_, channels_;
    std::vector<std::int32_t> order_;
    std::vector<double> mean_, variance_,
        covariance_;                         ///< of the last forward pass; covariance with the pair's other
    double count_ = 0.0;                     ///< values of a channel
    Buffer scale_, cross_, offset_, center_; ///< the map of the last forward pass
    Buffer back_scale_, back_cross_, slope_, slope_cross_, back_offset_;
};

} // namespace

StepPointer make_norm(const NormParts& parts)
{
    return std::make_unique<Norm>(parts);
}

} // namespace prunedamr::nn::native
