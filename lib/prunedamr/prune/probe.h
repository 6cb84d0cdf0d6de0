// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/dataset.h"
#include "prunedamr/graph/network.h"
#include "prunedamr/prune/samples.h"

#include <string>
#include <vector>

namespace prunedamr::prune {

/// Features and labels that a linear probe learns from, or is scored on.
struct ProbeSamples {
    std::vector<std::vector<double>> features; ///< [samples][features]
    std::vector<int> labels;                   ///< [samples], 0..classes-1
};

/// Accuracy, 0..1, on `unseen` of the ridge classifier that `seen` gives: weights W and offset c that minimise
/// sum |y - W x - c|^2 + ridge |W|^2 with one-hot y, ridge = 1e-3 of the mean over features of sum (x - mean)^2;
/// the class of the largest output wins.
double probe_accuracy(const ProbeSamples& seen, const ProbeSamples& unseen, int classes);

/// What a linear probe of a unit's output (mean over positions, per channel) tells more than one of its input.
struct ProbeGain {
    double before = 0.0, after = 0.0; ///< accuracy, 0..1
};

/// One per unit: probes learn from `seen` and are scored on `unseen`; inference mode.
std::vector<ProbeGain> probe_gains(const graph::Network& network, const data::Dataset& dataset,
                                   const ClassFrames& seen, const ClassFrames& unseen, const std::string& device);

} // namespace prunedamr::prune
