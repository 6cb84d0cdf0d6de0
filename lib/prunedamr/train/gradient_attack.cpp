// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/gradient_attack.h"

#include <cmath>

namespace prunedamr::train {
namespace {

torch::Tensor norm_of(const torch::Tensor& x)
{
    return x.square().sum({ 1, 2 }, /*keepdim=*/true).sqrt();
}

/// A bound around each frame.
class Ball
{
public:
    Ball(const torch::Tensor& frames, const Attack& attack) : l2_(attack.norm == Attack::Norm::l2)
    {
        const auto values = static_cast<double>(frames.size(1) * frames.size(2));
        radius_ = norm_of(frames) * std::pow(10.0, 0.05 * attack.level_db);
        if (!l2_)
            radius_ = radius_ / std::sqrt(values); // each value may carry its share of the energy
    }

    /// The disturbance on the bound that a straight-line loss of this gradient rises by most.
    torch::Tensor steepest(const torch::Tensor& gradient) const
    {
        if (!l2_)
            return radius_ * gradient.sign();
        // Of a confident network the gradient is so small that its square would vanish.
        const torch::Tensor scaled = gradient / gradient.abs().amax({ 1, 2 }, true).clamp_min(1e-37);
        return radius_ * scaled / norm_of(scaled).clamp_min(1e-20);
    }

    torch::Tensor project(const torch::Tensor& change) const
    {
        return l2_ ? change * (radius_ / norm_of(change).clamp_min(1e-30)).clamp_max(1.0)
                   : torch::minimum(torch::maximum(change, -radius_), radius_);
    }

private:
    bool l2_;
    torch::Tensor radius_; ///< [B, 1, 1]
};

/// By how much the best wrong class leads, [B]; above 0 the frame is taken for another class.
torch::Tensor lead(nn::GraphModule& module, const torch::Tensor& frames, const torch::Tensor& labels)
{
    const torch::NoGradGuard no_grad;
    const torch::Tensor logits = module.forward(frames);
    const torch::Tensor truth = labels.unsqueeze(1);
    return logits.scatter(1, truth, -INFINITY).amax(1) - logits.gather(1, truth).squeeze(1);
}

/// Keeps for each frame the point of the greatest lead.
class Strongest
{
public:
    Strongest(nn::GraphModule& module, const torch::Tensor& frames, const torch::Tensor& labels)
        : module_(module), labels_(labels), points_(frames.clone()), leads_(lead(module, frames, labels))
    {
    }

    void consider(const torch::Tensor& points)
    {
        const torch::Tensor leads = lead(module_, points, labels_);
        const torch::Tensor stronger = leads > leads_;
        points_ = torch::where(stronger.reshape({ -1, 1, 1 }), points, points_);
        leads_ = torch::where(stronger, leads, leads_);
    }

    const torch::Tensor& points() const { return points_; }

private:
    nn::GraphModule& module_;
    torch::Tensor labels_;
    torch::Tensor points_;
    torch::Tensor leads_;
};

} // namespace

graph::Network without_detach(graph::Network network)
{
    for (graph::Node& node : network.nodes)
        if (node.op == graph::Op::detach)
            node.op = graph::Op::dropout; // the identity outside training
    return network;
}

torch::Tensor input_gradient(nn::GraphModule& module, const torch::Tensor& frames, const torch::Tensor& labels)
{
    const torch::Tensor x = frames.detach().clone().requires_grad_();
    const torch::Tensor loss =
        torch::nll_loss(torch::log_softmax(module.forward(x), 1), labels, {}, at::Reduction::Sum);
    return torch::autograd::grad({ loss }, { x })[0];
}

torch::Tensor attacked(nn::GraphModule& module, const torch::Tensor& frames, const torch::Tensor& labels,
                       const Attack& attack)
{
    const Ball ball(frames, attack);
    const torch::Tensor first = ball.steepest(input_gradient(module, frames, labels));
    if (attack.kind == Attack::Kind::fgsm)
        return frames + first;
    Strongest strongest(module, frames, labels);
    strongest.consider(frames + first);
    const double step = 2.5 / attack.steps; // of the radius: can reach the far side and come back
    torch::Tensor change = ball.project(step * first);
    for (int i = 1; i <= attack.steps; ++i) {
        strongest.consider(frames + change);
        if (i < attack.steps)
            change = ball.project(change + step * ball.steepest(input_gradient(module, frames + change, labels)));
    }
    return strongest.points();
}

} // namespace prunedamr::train
