// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <torch/torch.h>

#include <vector>

namespace prunedamr::train {

/// Cross-entropy of logits [B, C] against labels [B] whose one-hot vectors are smoothed towards uniform; of each
/// frame [B].
torch::Tensor cross_entropy(const torch::Tensor& logits, const torch::Tensor& labels, double label_smoothing);

/// Expected cost of a decision drawn from softmax(logits), for costs [truth, predicted]; of each frame [B].
torch::Tensor expected_cost(const torch::Tensor& logits, const torch::Tensor& labels, const torch::Tensor& costs);

/// Distillation (Hinton et al. 2015): T^2 KL(softmax(teacher / T) || softmax(student / T)), mean over the batch.
/// The gradient stops at the teacher.
torch::Tensor distillation(const torch::Tensor& student_logits, const torch::Tensor& teacher_logits,
                           double temperature);

/// Attention transfer (Zagoruyko & Komodakis 2017): for outputs [B, C, H, W] of student and teacher, whose channels
/// may differ in number, the squared distance of their maps mean_c(x^2), each flattened and of length 1; mean over
/// the batch. The gradient stops at the teacher.
torch::Tensor attention_distance(const torch::Tensor& student, const torch::Tensor& teacher);

/// Adds the gradient of weight * sum |p| to every parameter that has a gradient.
void add_l1_gradient(const std::vector<torch::Tensor>& parameters, double weight);

} // namespace prunedamr::train
