// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"
#include "prunedamr/stream/label_event.h"

#include <string>
#include <vector>

namespace prunedamr::stream {

/// Calibrated probabilities of one frame: softmax of logits / temperature. Both [classes], classes >= 1.
void probabilities(const float* logits, std::size_t classes, double temperature, double* result) noexcept;

/// Frames' calibrated probabilities, summed over an interval, and the label that follows from their mean:
/// the class when it is sure; else the most probable family when that is; else noise when it is the best class,
/// however unsure; else unknown.
class Vote
{
public:
    Vote(const graph::Network& network, double min_confidence);

    void reset() noexcept;

    /// logits [frames, classes]
    void add(const float* logits, int frames) noexcept;

    std::uint64_t frames() const noexcept { return frames_; }

    /// Writes state, label, family, confidence and top. Without frames: unknown.
    void decide(LabelEvent& event) const noexcept;

private:
    void write_top(LabelEvent& event) const noexcept;
    double family_probability(std::size_t family) const noexcept;

    std::vector<std::string> labels_;
    std::vector<std::string> families_;  ///< distinct, in order of appearance
    std::vector<std::size_t> family_of_; ///< index into families_ per label
    double temperature_;
    double min_confidence_;
    std::vector<double> sum_;
    std::vector<double> frame_; ///< probabilities of one frame
    std::uint64_t frames_ = 0;
};

/// What an interval says when the gate let nothing through.
void decide_noise(LabelEvent& event) noexcept;

} // namespace prunedamr::stream
