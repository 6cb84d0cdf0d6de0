// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/nn/graph_module.h"
#include "prunedamr/train/batches.h"
#include "prunedamr/train/fit.h"

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

namespace prunedamr::train {

/// What a training step makes smaller:
///   mean over labeled frames of (1 - w) (cross-entropy + expected cost), weighed by class
///   + w distillation of the teacher's logits + v attention transfer, mean over the stages.
/// Of frames of classes that the teacher does not know, which come last, w = 0: labels alone teach them. Of all others it
/// says that they are none of these; of frames of `unknown_class` that look like one of these nobody says which they are. Without
/// teacher w = v = 0. Means are over the frames of all processes: their losses add up to the step's, and so
/// do their gradients.
class Objective
{
public:
    /// Throws `Error` when features are to be matched and no stage of student and teacher has equal positions.
    Objective(const graph::Network& student, const FitConfig& config, const at::Device& device);

    struct Value {
        at::Tensor loss;   ///< of no dimension
        at::Tensor logits; ///< [B, C] of the student
    };
    Value operator()(nn::GraphModule& student, const Batch& batch);

    /// `DistillConfig::once`: takes the teacher's logits of these frames now; batches must then come from this data
    /// set. Without a teacher it does nothing.
    void remember_teacher(const dataset::Dataset& dataset, const std::vector<std::int64_t>& indices);

    void set_class_weights(const std::vector<double>& weights); ///< [classes]; all 1 at first

private:
    bool has_undecided(const at::Tensor& logits) const
    {
        return teacher_ && config_.unknown_class >= 0 && logits.size(1) > teacher_->network().classes();
    }
    at::Tensor undecided(const at::Tensor& logits, const at::Tensor& labels) const;
    at::Tensor label_loss(const at::Tensor& logits, const Batch& batch) const;
    at::Tensor teacher_logits(const Batch& batch, const at::Tensor& frames,
                                 std::map<std::string, at::Tensor>& features) const;
    at::Tensor feature_loss(const std::map<std::string, at::Tensor>& student,
                               const std::map<std::string, at::Tensor>& teacher) const;

    const FitConfig& config_;
    at::Device device_;
    std::unique_ptr<nn::GraphModule> teacher_;
    std::vector<std::string> student_nodes_; ///< last of each matched stage
    std::vector<std::string> teacher_nodes_; ///< the same stages
    at::Tensor remembered_;               ///< logits [frames of the data set, C]; undefined without `once`
    at::Tensor costs_;                    ///< [truth, predicted]; undefined without a cost matrix
    at::Tensor class_weights_;            ///< [classes]; undefined where all are 1
    at::Tensor label_shares_;             ///< [classes] of the loss, 1 - w or 1; undefined without a teacher
};

/// Cross-entropy of logits [B, C] against labels [B] whose one-hot vectors are smoothed toward uniform; of each
/// frame [B].
at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& labels, double label_smoothing);

/// Expected cost of a decision drawn from softmax(logits), for costs [truth, predicted]; of each frame [B].
at::Tensor expected_cost(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& costs);

/// Distillation (Hinton et al. 2015): T^2 KL(softmax(teacher / T) || softmax(student / T)), mean over the batch.
/// The gradient stops at the teacher.
at::Tensor distillation(const at::Tensor& student_logits, const at::Tensor& teacher_logits,
                           double temperature);

/// Attention transfer (Zagoruyko & Komodakis 2017): for outputs [B, C, H, W] of student and teacher, whose channels
/// may differ in number, the squared distance of their maps mean_c(x^2), each flattened and of length 1; mean over
/// the batch. The gradient stops at the teacher.
at::Tensor attention_distance(const at::Tensor& student, const at::Tensor& teacher);

/// Adds the gradient of weight * sum |p| to every parameter that has a gradient.
void add_l1_gradient(const std::vector<at::Tensor>& parameters, double weight);

} // namespace prunedamr::train
