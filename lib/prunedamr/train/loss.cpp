// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/loss.h"

namespace prunedamr::train {
namespace {

namespace F = torch::nn::functional;

torch::Tensor attention_map(const torch::Tensor& x)
{
    return F::normalize(x.square().mean(1).flatten(1), F::NormalizeFuncOptions().dim(1));
}

} // namespace

torch::Tensor cross_entropy(const torch::Tensor& logits, const torch::Tensor& labels, double label_smoothing)
{
    return F::cross_entropy(logits, labels,
                            F::CrossEntropyFuncOptions().label_smoothing(label_smoothing).reduction(torch::kNone));
}

torch::Tensor expected_cost(const torch::Tensor& logits, const torch::Tensor& labels, const torch::Tensor& costs)
{
    return (torch::softmax(logits, 1) * costs.index_select(0, labels)).sum(1);
}

torch::Tensor distillation(const torch::Tensor& student_logits, const torch::Tensor& teacher_logits,
                           double temperature)
{
    const torch::Tensor teacher = torch::log_softmax(teacher_logits.detach() / temperature, 1);
    const torch::Tensor student = torch::log_softmax(student_logits / temperature, 1);
    return temperature * temperature * (teacher.exp() * (teacher - student)).sum(1).mean();
}

torch::Tensor attention_distance(const torch::Tensor& student, const torch::Tensor& teacher)
{
    return (attention_map(student) - attention_map(teacher.detach())).square().sum(1).mean();
}

void add_l1_gradient(const std::vector<torch::Tensor>& parameters, double weight)
{
    const torch::NoGradGuard no_grad;
    for (const torch::Tensor& parameter : parameters)
        if (parameter.grad().defined())
            parameter.grad().add_(parameter.sign(), weight);
}

} // namespace prunedamr::train
