// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/logits.h"
#include "prunedamr/graph/network.h"
#include "prunedamr/stream/label_event.h"

#include <string>
#include <vector>

namespace prunedamr::stream {

/// Frames' calibrated probabilities, summed over an interval, and the label that follows from their mean: unknown
/// when the frames look like no class that has a name (`graph::LogitReader::decide`); the best class when it is
/// sure (0.4, or the least confidence if that is more); else the most probable family when that is; else noise when
/// it is the best class, however unsure; else the best class, unsure as it is, down to the least confidence; else
/// unknown. The label of the interval before is kept as the best class until another one exceeds it by the
/// hysteresis.
class Vote
{
public:
    Vote(const graph::Network& network, const graph::Decision& decision);

    void reset() noexcept; ///< for the next interval

    /// logits [frames, classes]; frames whose logits are not finite are counted, and say nothing.
    void add(const float* logits, int frames) noexcept;

    std::uint64_t frames() const noexcept { return frames_; }

    /// Writes state, label, family, confidence and top. Without a frame that says something: unknown.
    void decide(LabelEvent& event) noexcept;

    /// The class that the hysteresis favours, of the decision before: to be kept where several signals share a
    /// vote.
    static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
    std::size_t held() const noexcept { return held_; }
    void hold(std::size_t held) noexcept { held_ = held; }

private:
    void write_top(LabelEvent& event) const noexcept;
    double family_probability(std::size_t family) const noexcept;
    std::size_t best_class() noexcept;

    std::vector<std::string> labels_;
    std::vector<std::string> families_;  ///< distinct, in order of appearance
    std::vector<std::size_t> family_of_; ///< index into families_ per label
    graph::LogitReader reader_;
    graph::Decision decision_;
    std::vector<double> sum_;
    std::vector<double> frame_;              ///< probabilities of one frame; of all of them, while it is decided
    double unknown_scores_ = 0.0;            ///< their sum
    std::uint64_t frames_ = 0, answers_ = 0; ///< all; those in the sums
    std::size_t held_ = kNone;               ///< best class of the interval before
};

/// What an interval says when the gate let nothing through.
void decide_noise(LabelEvent& event) noexcept;

} // namespace prunedamr::stream
