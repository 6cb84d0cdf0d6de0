// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/graph/network.h"
#include "prunedamr/train/fit.h"

#include <cstdint>
#include <string>
#include <vector>

namespace at {
class Tensor;
} // namespace at

namespace prunedamr::prune {

/// Frame indices of each class.
using ClassFrames = std::vector<std::vector<std::int64_t>>;

/// Features and labels that a linear probe learns from, or is scored on.
struct ProbeSamples {
    std::vector<std::vector<double>> features; ///< [samples][features]
    std::vector<int> labels;                   ///< [samples], 0..classes-1
};

/// Accuracy, 0..1, on `unseen` of the ridge classifier that `seen` gives: weights W and offset c that minimize
/// sum |y - W x - c|^2 + ridge |W|^2 with one-hot y, ridge = 1e-3 of the mean over features of sum (x - mean)^2;
/// the class of the largest output wins.
double probe_accuracy(const ProbeSamples& seen, const ProbeSamples& unseen, int classes);

/// What a linear probe of a unit's output (mean over positions, per channel) tells more than one of its input.
struct ProbeGain {
    double before = 0.0, after = 0.0; ///< accuracy, 0..1
};

/// One per unit: probes learn from `seen` and are scored on `unseen`; inference mode.
std::vector<ProbeGain> probe_gains(const graph::Network& network, const dataset::Dataset& dataset,
                                   const ClassFrames& seen, const ClassFrames& unseen, const std::string& device);

/// The frames of the train part whose labels fine-tuning may see: all, or `fine_tune.frames_per_class`.
std::vector<std::int64_t> labeled_frames(const dataset::Dataset& dataset, const train::FitConfig& fine_tune);

/// Up to `per_class` (>= 2) of `frames` from each class, spread over its SNRs (`train::choose_labeled`),
/// ascending. Throws `Error` naming a class with fewer than two.
ClassFrames draw_per_class(const dataset::Dataset& dataset, const std::vector<std::int64_t>& frames, int per_class,
                           std::uint64_t seed);

/// The node whose output the classifier, the last linear or conv of a network, reads.
std::string feature_node(const graph::Network& network);

/// Features before the classifier [frames, d], float64, on the CPU, in evaluation mode. Throws `Error` when they
/// are not finite.
at::Tensor classifier_features(const graph::Network& network, const dataset::Dataset& dataset,
                                  const std::vector<std::int64_t>& frames, const std::string& device);

/// `count` frames of the train part (of the validation part where there is no train part), or all there are: at
/// random, the classes in turn, so that every stretch has them in equal numbers for as long as all last.
std::vector<std::int64_t> draw_frames(const dataset::Dataset& dataset, std::size_t count, std::uint64_t seed);

} // namespace prunedamr::prune
