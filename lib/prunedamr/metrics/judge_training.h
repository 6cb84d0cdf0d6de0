// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/detect/detector.h"
#include "prunedamr/detect/judge.h"
#include "prunedamr/detect/proposal.h"
#include "prunedamr/metrics/detections.h"

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

namespace prunedamr::metrics {

/// What the judge was asked in one epoch of a scene, and what was there. Times of the emissions are in samples of
/// the epoch, bands in cycles per sample.
struct JudgeEpoch {
    std::uint64_t scene = 0; ///< its seed
    double rate_hz = 0.0;
    double samples = 0.0; ///< that it holds
    std::vector<EmissionBox> emissions;
    std::vector<detect::Proposal> proposals;
};

void write_epoch(std::ostream& out, const JudgeEpoch& epoch);

/// All epochs of a file that `write_epoch` wrote; throws `Error`.
std::vector<JudgeEpoch> read_epochs(const std::string& path);

/// How right a proposal is for the emissions of its epoch, 0..1: 0.3 of band or time in common is wrong, 0.7 of the band and
/// 0.9 of the time are right, and nothing is that holds two.
float rightness(const detect::Proposal& proposal, const JudgeEpoch& epoch);

struct JudgeTrainingConfig {
    int trees = 300, depth = 6; ///< of either judgment
    double keep = 0.2;          ///< part of the rows that are wrong, of which there are many
    int held_back = 8;          ///< one scene in so many is
};

/// Fits both judgments. The rows of the second are made with a first one that has not seen their scenes. `log`
/// receives a line now and then.
detect::Judge train_judge(std::vector<JudgeEpoch>& epochs, const JudgeTrainingConfig& config,
                          const std::function<void(const std::string&)>& log);

/// What the judge would report of those epochs, each by itself; only of scenes that are held back, if `held_back`.
DetectionScores score_judge(const detect::Judge& judge, std::vector<JudgeEpoch>& epochs, int held_back,
                            float min_score = detect::DetectorConfig().min_score);

} // namespace prunedamr::metrics
