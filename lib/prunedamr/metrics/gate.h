// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/metrics/evaluate.h"
#include "prunedamr/model/model.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

/// Whether a new model may take the place of an old one. What is compared are decisions as a receiver takes them: one
/// for up to eight frames of a group in turn, by their mean probabilities and unknown scores. Groups (emissions) are
/// independent, decisions of one are not: errors are over groups.
namespace prunedamr::metrics {

inline constexpr std::size_t kDecisionFrames = 8;

/// The truth of some frames, and what two models decide, as places in one list of names.
struct Answer {
    int truth = 0, before = 0, after = 0;
    std::int64_t group = 0;
};

struct JointAnswers {
    std::vector<std::string> names; ///< of all classes of data and models, and `unknown`
    std::vector<std::string> families;
    std::vector<Answer> decisions;
};

/// What a model says of a data set whose classes may be others than its own, and in another order.
struct Opinion {
    model::ModelInfo info;
    Evaluation evaluation; ///< its labels are places in the data set's classes
};

/// Both opinions are of the same frames in the same order. Throws `Error` for a class of the data that the model
/// `after` does not know.
JointAnswers join(const Opinion& before, const Opinion& after);

struct GateConfig {
    double alpha = 0.05;              ///< of each test: how often by chance a bad model may pass (better, accuracy), or a good one fail (the others)
    double margin = 0.005;            ///< by which accuracy may fall on old data, 0..1
    double calibration_margin = 0.01; ///< by which the expected calibration error may rise
    double rejection_margin = 0.005;  ///< by which the fraction of named signals that are called unknown may rise
    double cost_margin = 0.0;         ///< by which the mean cost of a decision may rise
    double latency_ratio = 1.25;      ///< new to old
    /// {truth: {decision: cost}}; what it does not name costs 0 where it is right, half where the family is right or
    /// a signal is called unknown, else 1.
    std::map<std::string, std::map<std::string, double>> costs;
};

struct GateCheck {
    std::string name;
    bool passed = false;
    std::string text; ///< numbers, one line
    nlohmann::json numbers;
};

/// The new model is right more often on new captures: one-sided exact sign test over the groups of which they decide
/// differently (for one decision each this is McNemar's test), and of all decisions, too.
GateCheck check_better(const JointAnswers& captures, const GateConfig& config);

/// The one-sided bound (1 - alpha) of what accuracy loses on old data lies below the margin.
GateCheck check_accuracy(const JointAnswers& old, const GateConfig& config);

/// No class of old data loses more than the margin beyond its error: one-sided tests by Holm's procedure, so that
/// alpha is the chance that any class fails which does not lose more. Of a class with fewer than five groups nothing is said.
GateCheck check_classes(const JointAnswers& old, const GateConfig& config);

/// Expected calibration error, frame by frame.
GateCheck check_calibration(const Opinion& before, const Opinion& after, const GateConfig& config);

/// Named signals that are called unknown: does not rise by more than the margin beyond its error.
GateCheck check_rejection(const JointAnswers& old, const GateConfig& config);

/// Mean cost of all decisions does not rise by more than the margin beyond its error. Throws `Error` for a class that nobody has.
GateCheck check_cost(const std::vector<const JointAnswers*>& all, const GateConfig& config);

GateCheck check_latency(double before_us, double after_us, const GateConfig& config);

/// {truth: {decision: cost}} from JSON text. Throws `Error` naming `where`.
std::map<std::string, std::map<std::string, double>> read_costs(const std::string& json, const std::string& where);

} // namespace prunedamr::metrics
