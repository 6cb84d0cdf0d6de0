// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/attack.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/progress.h"
#include "prunedamr/nn/graph_module.h"
#include "prunedamr/train/augment.h"
#include "prunedamr/train/batches.h"
#include "prunedamr/train/evaluate.h"
#include "prunedamr/train/settings.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <sstream>

namespace prunedamr::train {
namespace {

using Kind = Attack::Kind;

struct Form {
    const char* name;
    Kind kind;
    Attack::Norm norm;
};
constexpr Form kForms[] = {
    { "fgsm", Kind::fgsm, Attack::Norm::l2 },
    { "fgsm-linf", Kind::fgsm, Attack::Norm::linf },
    { "pgd", Kind::pgd, Attack::Norm::l2 },
    { "pgd-linf", Kind::pgd, Attack::Norm::linf },
    { "noise", Kind::noise, Attack::Norm::l2 },
    { "offset", Kind::offset, Attack::Norm::l2 },
    { "phase-noise", Kind::phase_noise, Attack::Norm::l2 },
};

const Form* form_named(const std::string& name)
{
    for (const Form& form : kForms)
        if (name == form.name)
            return &form;
    return nullptr;
}

const Form& form_of(const Attack& attack)
{
    for (const Form& form : kForms)
        if (form.kind == attack.kind && form.norm == attack.norm)
            return form;
    PRUNEDAMR_CHECK(false, "an attack has one of the forms");
    return kForms[0];
}

/// Between low and high, both included; NaN is not.
bool within(double value, double low, double high)
{
    return value >= low && value <= high;
}

/// The part after the first colon; false where it is no value of this kind.
bool read_level(Attack& attack, const std::string& text)
{
    if (attack.kind == Kind::offset) {
        attack.offset = number_in(text);
        return within(attack.offset, 0.0, 0.5);
    }
    attack.level_db = number_in(without_unit(text, "dB"));
    return within(attack.level_db, -100.0, 20.0);
}

bool read_steps(Attack& attack, const std::string& text)
{
    const double steps = number_in(text);
    if (attack.kind != Kind::pgd || !within(steps, 1, 1000) || steps != std::floor(steps))
        return false;
    attack.steps = static_cast<int>(steps);
    return true;
}

} // namespace

Attack parse_attack(const std::string& text)
{
    std::vector<std::string> parts;
    std::istringstream stream(text);
    for (std::string part; std::getline(stream, part, ':');)
        parts.push_back(part);
    const Form* form = parts.empty() ? nullptr : form_named(parts[0]);
    Attack attack;
    if (form) {
        attack.kind = form->kind;
        attack.norm = form->norm;
    }
    const bool good = form && (parts.size() == 2 || parts.size() == 3) && read_level(attack, parts[1]) &&
                      (parts.size() == 2 || read_steps(attack, parts[2]));
    if (!good)
        throw Error({ "not an attack", "attack", text,
                      "fgsm:-20dB, pgd:-20dB:10, fgsm-linf:-20dB, pgd-linf:-20dB:10, noise:-20dB, offset:0.002 "
                      "(cycles per sample) or phase-noise:-20dB" });
    return attack;
}

std::string to_text(const Attack& attack)
{
    const char* name = form_of(attack).name;
    if (attack.kind == Kind::offset)
        return fmt::format("{}:{:.10g}", name, attack.offset);
    if (attack.kind == Kind::pgd)
        return fmt::format("{}:{:.10g}dB:{}", name, attack.level_db, attack.steps);
    return fmt::format("{}:{:.10g}dB", name, attack.level_db);
}

nlohmann::json to_json(const Attack& attack)
{
    nlohmann::json json;
    json["kind"] = form_of({ attack.kind, Attack::Norm::l2 }).name;
    if (attack.kind == Kind::offset)
        json["offset_cycles_per_sample"] = attack.offset;
    else
        json["level_db"] = attack.level_db;
    if (attack.needs_gradient())
        json["norm"] = attack.norm == Attack::Norm::l2 ? "l2" : "linf";
    if (attack.kind == Kind::pgd)
        json["steps"] = attack.steps;
    return json;
}

metrics::Scores attacked_scores(const graph::Network& network, const dataset::Dataset& dataset,
                             const std::vector<std::int64_t>& indices, const Attack& attack, std::uint64_t seed,
                             int batch)
{
    if (indices.empty())
        throw Error({ "no frames to attack", to_text(attack), "0", "at least 1" });
    check_compatible(network, dataset);
    nn::GraphModule module(without_detach(network));
    module.eval();
    const Rng rng(seed);
    metrics::Scores scores(dataset.class_names);
    Progress progress(to_text(attack), 1);
    for (std::size_t first = 0; first < indices.size(); first += static_cast<std::size_t>(batch)) {
        Batch part = gather(dataset, indices, first, static_cast<std::size_t>(batch));
        if (attack.needs_gradient())
            part.frames = attacked(module, part.frames, part.labels, attack);
        const at::NoGradGuard no_grad;
        for (std::int64_t i = 0; i < part.labels.size(0) && !attack.needs_gradient(); ++i) {
            const auto index = static_cast<std::uint64_t>(indices[first + static_cast<std::size_t>(i)]);
            impair(part.frames.data_ptr<float>() + i * 2 * dataset.length(), dataset.front_end, attack,
                   rng.fork(index));
        }
        const at::Tensor predicted = module.forward(part.frames).argmax(1);
        for (std::int64_t i = 0; i < part.labels.size(0); ++i) {
            const auto index = static_cast<std::size_t>(indices[first + static_cast<std::size_t>(i)]);
            scores.add(dataset.label[index], predicted[i].item<std::int32_t>(), dataset.snr_db[index]);
        }
        progress.within_step(static_cast<double>(first) / static_cast<double>(indices.size()));
    }
    progress.step_done(fmt::format("accuracy {:.2f} %", 100 * scores.accuracy()));
    return scores;
}

namespace {

at::Tensor norm_of(const at::Tensor& x)
{
    return x.square().sum({ 1, 2 }, /*keepdim=*/true).sqrt();
}

/// A bound around each frame.
class Ball
{
public:
    Ball(const at::Tensor& frames, const Attack& attack) : l2_(attack.norm == Attack::Norm::l2)
    {
        const auto values = static_cast<double>(frames.size(1) * frames.size(2));
        radius_ = norm_of(frames) * std::pow(10.0, 0.05 * attack.level_db);
        if (!l2_)
            radius_ = radius_ / std::sqrt(values); // each value may carry an equal part of the energy
    }

    /// The disturbance on the bound that a straight-line loss of this gradient rises by most.
    at::Tensor steepest(const at::Tensor& gradient) const
    {
        if (!l2_)
            return radius_ * gradient.sign();
        // Of a confident network the gradient is so small that its square would vanish.
        const at::Tensor scaled = gradient / gradient.abs().amax({ 1, 2 }, true).clamp_min(1e-37);
        return radius_ * scaled / norm_of(scaled).clamp_min(1e-20);
    }

    at::Tensor project(const at::Tensor& change) const
    {
        return l2_ ? change * (radius_ / norm_of(change).clamp_min(1e-30)).clamp_max(1.0)
                   : at::minimum(at::maximum(change, -radius_), radius_);
    }

private:
    bool l2_;
    at::Tensor radius_; ///< [B, 1, 1]
};

/// By how much the best wrong class leads, [B]; above 0 the frame is taken for another class.
at::Tensor lead(nn::GraphModule& module, const at::Tensor& frames, const at::Tensor& labels)
{
    const at::NoGradGuard no_grad;
    const at::Tensor logits = module.forward(frames);
    const at::Tensor truth = labels.unsqueeze(1);
    return logits.scatter(1, truth, -INFINITY).amax(1) - logits.gather(1, truth).squeeze(1);
}

/// Keeps for each frame the point of the greatest lead.
class Strongest
{
public:
    Strongest(nn::GraphModule& module, const at::Tensor& frames, const at::Tensor& labels)
        : module_(module), labels_(labels), points_(frames.clone()), leads_(lead(module, frames, labels))
    {
    }

    void consider(const at::Tensor& points)
    {
        const at::Tensor leads = lead(module_, points, labels_);
        const at::Tensor stronger = leads > leads_;
        points_ = at::where(stronger.reshape({ -1, 1, 1 }), points, points_);
        leads_ = at::where(stronger, leads, leads_);
    }

    const at::Tensor& points() const { return points_; }

private:
    nn::GraphModule& module_;
    at::Tensor labels_;
    at::Tensor points_;
    at::Tensor leads_;
};

} // namespace

graph::Network without_detach(graph::Network network)
{
    for (graph::Node& node : network.nodes)
        if (node.op == graph::Op::detach)
            node.op = graph::Op::dropout; // the identity outside training
    return network;
}

at::Tensor input_gradient(nn::GraphModule& module, const at::Tensor& frames, const at::Tensor& labels)
{
    const at::Tensor x = frames.detach().clone().requires_grad_();
    const at::Tensor loss =
        at::nll_loss(at::log_softmax(module.forward(x), 1), labels, {}, at::Reduction::Sum);
    return nn::gradients(loss, { x })[0];
}

at::Tensor attacked(nn::GraphModule& module, const at::Tensor& frames, const at::Tensor& labels,
                       const Attack& attack)
{
    const Ball ball(frames, attack);
    const at::Tensor first = ball.steepest(input_gradient(module, frames, labels));
    if (attack.kind == Attack::Kind::fgsm)
        return frames + first;
    Strongest strongest(module, frames, labels);
    strongest.consider(frames + first);
    const double step = 2.5 / attack.steps; // of the radius: can reach the far side and come back
    at::Tensor change = ball.project(step * first);
    for (int i = 1; i <= attack.steps; ++i) {
        strongest.consider(frames + change);
        if (i < attack.steps)
            change = ball.project(change + step * ball.steepest(input_gradient(module, frames + change, labels)));
    }
    return strongest.points();
}

} // namespace prunedamr::train
