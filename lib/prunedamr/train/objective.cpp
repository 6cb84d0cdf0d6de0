// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/objective.h"

#include "prunedamr/base/error.h"
#include "prunedamr/train/data_parallel.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace prunedamr::train {
namespace {

std::map<int, std::string> last_nodes(const graph::Network& network)
{
    std::map<int, std::string> nodes;
    for (const graph::Unit& unit : network.units)
        nodes[unit.stage] = unit.nodes.back();
    return nodes;
}

constexpr float kNever = -1e4f; ///< logit of what is out of the question; finite, so that 0 times it is 0

at::Tensor tensor_of(const std::vector<std::vector<double>>& rows, const at::Device& device)
{
    std::vector<float> values;
    for (const auto& row : rows)
        values.insert(values.end(), row.begin(), row.end());
    const auto size = static_cast<std::int64_t>(rows.size());
    return at::tensor(values).reshape({ size, -1 }).to(device);
}

} // namespace

Objective::Objective(const graph::Network& student, const FitConfig& config, const at::Device& device)
    : config_(config), device_(device)
{
    if (!config_.cost.empty())
        costs_ = tensor_of(config_.cost.rows(), device_);
    if (!config_.teacher)
        return;
    teacher_ = std::make_unique<nn::GraphModule>(*config_.teacher);
    teacher_->to(device_);
    teacher_->eval();
    std::vector<double> shares(static_cast<std::size_t>(student.classes()), 1.0); // what it does not know, labels alone teach
    std::fill_n(shares.begin(), std::min(student.classes(), config_.teacher->classes()), 1.0 - config_.distill.weight);
    label_shares_ = tensor_of({ shares }, device_).flatten();
    if (config_.distill.feature_weight == 0.0)
        return;
    const auto student_shapes = graph::infer_shapes(student);
    const auto teacher_shapes = graph::infer_shapes(*config_.teacher);
    const auto teacher_stages = last_nodes(*config_.teacher);
    for (const auto& [stage, node] : last_nodes(student)) {
        const auto match = teacher_stages.find(stage);
        if (match == teacher_stages.end())
            continue;
        const graph::Shape &a = student_shapes.at(node), &b = teacher_shapes.at(match->second);
        if (a.height != b.height || a.width != b.width)
            continue;
        student_nodes_.push_back(node);
        teacher_nodes_.push_back(match->second);
    }
    if (student_nodes_.empty())
        throw Error({ "no stage has as many positions in student and teacher", "feature_weight",
                      config_.teacher_name, "a teacher of the same shape, or weight 0" });
}

void Objective::remember_teacher(const dataset::Dataset& dataset, const std::vector<std::int64_t>& indices)
{
    if (!teacher_)
        return;
    constexpr int kFrames = 256;
    const std::vector<std::int64_t> own = own_indices(indices, config_.processes);
    remembered_ = at::zeros({ dataset.size(), teacher_->network().classes() });
    remembered_.index_copy_(0, at::tensor(own), infer(*teacher_, dataset, own, device_, kFrames));
    config_.processes.sum({ remembered_ });
}

void Objective::set_class_weights(const std::vector<double>& weights)
{
    const bool equal = std::all_of(weights.begin(), weights.end(), [](double weight) { return weight == 1.0; });
    class_weights_ = equal ? at::Tensor() : tensor_of({ weights }, device_).flatten();
}

/// [B], true of frames that are labeled `unknown_class` and look like one of the classes behind those of the teacher.
at::Tensor Objective::undecided(const at::Tensor& logits, const at::Tensor& labels) const
{
    constexpr double kSure = 0.8;
    const at::Tensor odds = at::softmax(logits.detach(), 1);
    const std::int64_t known = teacher_->network().classes();
    const at::Tensor fresh = odds.narrow(1, known, odds.size(1) - known).sum(1);
    return labels.to(device_).eq(config_.unknown_class) & fresh.gt(kSure * (fresh + odds.select(1, config_.unknown_class)));
}

at::Tensor Objective::label_loss(const at::Tensor& logits, const Batch& batch) const
{
    const at::Tensor labeled = batch.labels.ge(0).nonzero().flatten();
    const ProcessGroup& processes = config_.processes;
    if (labeled.size(0) == 0) {
        processes.sum(0.0); // as the others do
        return logits.sum() * 0.0;
    }
    const bool all = labeled.size(0) == batch.labels.size(0);
    const at::Tensor labels = (all ? batch.labels : batch.labels.index_select(0, labeled)).to(device_);
    const at::Tensor known = all ? logits : logits.index_select(0, labeled.to(device_));
    at::Tensor losses = cross_entropy(known, labels, config_.label_smoothing);
    if (costs_.defined())
        losses = losses + expected_cost(known, labels, costs_);
    if (has_undecided(logits)) { // that they are one or the other is sure
        const at::Tensor rest = known.narrow(1, teacher_->network().classes(), known.size(1) - teacher_->network().classes());
        const at::Tensor either = at::cat({ rest, known.narrow(1, config_.unknown_class, 1) }, 1);
        losses = at::where(undecided(known, labels), at::logsumexp(known, 1) - at::logsumexp(either, 1), losses);
    }
    if (label_shares_.defined())
        losses = losses * label_shares_.index_select(0, labels);
    if (!class_weights_.defined())
        return losses.sum() / processes.sum(static_cast<double>(labels.size(0)));
    const at::Tensor weights = class_weights_.index_select(0, labels);
    return (weights * losses).sum() / processes.sum(weights.sum().item<double>());
}

at::Tensor Objective::feature_loss(const std::map<std::string, at::Tensor>& student,
                                   const std::map<std::string, at::Tensor>& teacher) const
{
    at::Tensor sum = at::zeros({}, device_);
    for (std::size_t i = 0; i < student_nodes_.size(); ++i)
        sum = sum + attention_distance(student.at(student_nodes_[i]), teacher.at(teacher_nodes_[i]));
    return sum / static_cast<double>(student_nodes_.size());
}

at::Tensor Objective::teacher_logits(const Batch& batch, const at::Tensor& frames,
                                     std::map<std::string, at::Tensor>& features) const
{
    const at::NoGradGuard no_grad;
    if (remembered_.defined())
        return remembered_.index_select(0, batch.indices).to(device_);
    return teacher_->forward(frames, teacher_nodes_, features);
}

namespace {

/// The teacher may know fewer classes, which come first: it says of the others that these frames are not theirs, and nothing
/// of frames that are.
at::Tensor distillation_of_known(const at::Tensor& logits, const at::Tensor& teacher, const at::Tensor& labels,
                                 double temperature)
{
    const std::int64_t classes = teacher.size(1);
    if (classes == logits.size(1))
        return distillation(logits, teacher, temperature);
    const at::Tensor known = labels.lt(classes).nonzero().flatten();
    if (known.size(0) == 0)
        return logits.sum() * 0.0;
    const at::Tensor places = known.to(logits.device());
    const double fraction = static_cast<double>(known.size(0)) / static_cast<double>(labels.size(0));
    const at::Tensor wanted = at::constant_pad_nd(teacher.index_select(0, places), { 0, logits.size(1) - classes }, kNever);
    return fraction * distillation(logits.index_select(0, places), wanted, temperature);
}

} // namespace

Objective::Value Objective::operator()(nn::GraphModule& student, const Batch& batch)
{
    const at::Tensor frames = batch.frames.to(device_);
    std::map<std::string, at::Tensor> features, teacher_features;
    Value value;
    value.logits = student.forward(frames, student_nodes_, features);
    value.loss = label_loss(value.logits, batch);
    if (!teacher_)
        return value;
    const at::Tensor wanted = teacher_logits(batch, frames, teacher_features);
    at::Tensor labels = batch.labels;
    if (has_undecided(value.logits)) // nor does the teacher say that they are of no new class
        labels = at::where(undecided(value.logits, labels).to(labels.device()), at::full_like(labels, wanted.size(1)), labels);
    const DistillConfig& distill = config_.distill;
    const double fraction = batch.fraction();
    value.loss = value.loss + fraction * distill.weight *
                                  distillation_of_known(value.logits, wanted, labels, distill.temperature);
    if (!student_nodes_.empty())
        value.loss = value.loss + fraction * distill.feature_weight * feature_loss(features, teacher_features);
    return value;
}

namespace {

at::Tensor attention_map(const at::Tensor& x)
{
    const at::Tensor map = x.square().mean(1).flatten(1);
    return map / map.norm(2, 1, /*keepdim=*/true).clamp_min(1e-12);
}

} // namespace

at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& labels, double label_smoothing)
{
    constexpr std::int64_t kIgnored = -100; // LibTorch's own; no label is negative here
    return at::cross_entropy_loss(logits, labels, {}, at::Reduction::None, kIgnored, label_smoothing);
}

at::Tensor expected_cost(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& costs)
{
    return (at::softmax(logits, 1) * costs.index_select(0, labels)).sum(1);
}

at::Tensor distillation(const at::Tensor& student_logits, const at::Tensor& teacher_logits, double temperature)
{
    const at::Tensor teacher = at::log_softmax(teacher_logits.detach() / temperature, 1);
    const at::Tensor student = at::log_softmax(student_logits / temperature, 1);
    return temperature * temperature * (teacher.exp() * (teacher - student)).sum(1).mean();
}

at::Tensor attention_distance(const at::Tensor& student, const at::Tensor& teacher)
{
    return (attention_map(student) - attention_map(teacher.detach())).square().sum(1).mean();
}

void add_l1_gradient(const std::vector<at::Tensor>& parameters, double weight)
{
    const at::NoGradGuard no_grad;
    for (const at::Tensor& parameter : parameters)
        if (parameter.grad().defined())
            parameter.grad().add_(parameter.sign(), weight);
}

} // namespace prunedamr::train
