// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <torch/torch.h>

#include <vector>

namespace prunedamr::train {

/// Mean cross-entropy of logits [B, C] against labels [B] whose one-hot vectors are smoothed towards uniform.
torch::Tensor cross_entropy(const torch::Tensor& logits, const torch::Tensor& labels, double label_smoothing);

/// Distillation (Hinton et al. 2015): T^2 KL(softmax(teacher / T) || softmax(student / T)), mean over the batch.
/// The gradient stops at the teacher.
torch::Tensor distillation(const torch::Tensor& student_logits, const torch::Tensor& teacher_logits,
                           double temperature);

/// Adds the gradient of weight * sum |p| to every parameter that has a gradient.
void add_l1_gradient(const std::vector<torch::Tensor>& parameters, double weight);

} // namespace prunedamr::train
