// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/dataset.h"
#include "prunedamr/data/paired_change.h"
#include "prunedamr/data/scores.h"
#include "prunedamr/graph/network.h"
#include "prunedamr/train/fit.h"

#include <string>

namespace prunedamr::train {

/// Accuracy of a network on one part of a data set, run by LibTorch.
/// Throws `Error` when data and network do not fit or the part is empty.
data::Scores evaluate(const graph::Network& network, const data::Dataset& dataset, data::Part part,
                      const std::string& device = "cpu", int batch = 256);

/// How the decisions of `after` differ from those of `before` on the same frames. Throws `Error` as `evaluate`
/// does.
data::PairedChange compare(const graph::Network& before, const graph::Network& after, const data::Dataset& dataset,
                           data::Part part, const std::string& device = "cpu");

/// `graph::check_contract` of a data set: throws `Error` naming what differs, front end or class names.
void check_compatible(const graph::Network& network, const data::Dataset& dataset);

/// Throws `Error` naming class, reached and wanted when a network does not hold the floors on the validation part.
void check_floors(const graph::Network& network, const data::Dataset& dataset, const FitConfig& config);

/// Temperature (Guo et al. 2017), 0.05 to 20, that minimises the negative log-likelihood on one part.
/// Throws `Error` as `evaluate` does.
double fit_temperature(const graph::Network& network, const data::Dataset& dataset, data::Part part,
                       const std::string& device = "cpu");

inline constexpr std::size_t kFewestSignals = 100; ///< of which a threshold is taken

/// Score (`graph::LogitReader::unknown_score`) above which `false_rejection` of the part's signals lie, those of
/// noise and of the class `unknown` apart; infinite with fewer than `kFewestSignals`. Throws `Error` as `evaluate`
/// does.
double fit_unknown_score(const graph::Network& network, const data::Dataset& dataset, data::Part part,
                         double false_rejection = 0.01, const std::string& device = "cpu");

/// Probability of the best class but `unknown` below which `false_rejection` of the part's signals lie, those of
/// noise and of the class `unknown` apart; 0 with fewer than `kFewestSignals`. Throws `Error` as `evaluate` does.
double fit_min_confidence(const graph::Network& network, const data::Dataset& dataset, data::Part part,
                          double false_rejection = 0.01, const std::string& device = "cpu");

/// Share of the part's frames, those of noise and of the class `unknown` apart, whose score says unknown or whose
/// best class lies below the least confidence (a receiver may still name the family of the latter, or noise). 0..1;
/// not a number without such frames. Throws `Error` as `evaluate` does.
double false_rejection(const graph::Network& network, const data::Dataset& dataset, data::Part part,
                       const std::string& device = "cpu");

/// Expected calibration error (Naeini et al. 2015; Guo et al. 2017), 0..1: how far the confidence in the best class
/// lies from how often it is right, on average over 15 equal bins of confidence. Throws `Error` as `evaluate` does.
double calibration_error(const graph::Network& network, const data::Dataset& dataset, data::Part part,
                         const std::string& device = "cpu");

} // namespace prunedamr::train
