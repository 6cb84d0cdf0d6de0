// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/model/logits.h"
#include "prunedamr/stream/label_event.h"

#include <string>
#include <string_view>
#include <vector>

namespace prunedamr::stream {

/// What the network says of a decision: the mean of its calibrated probabilities, and the classes they belong to. Until
/// the next decision; without classes where the network said nothing.
struct Proposal {
    const std::string* labels = nullptr;   ///< [classes]
    const double* probabilities = nullptr; ///< [classes]
    std::size_t classes = 0;
    double min_confidence = 0.4;
};

/// A class, or a family under its own name, and how probable it is.
struct Choice {
    std::string_view label, family;
    double probability = 0.0;

    bool is_noise() const noexcept { return family == model::kNoiseFamily; }
};

/// Whether that probability is enough to name a class or a family before anything else: 0.4, or `min_confidence` if that
/// is more.
bool is_sure(double probability, double min_confidence) noexcept;

/// Writes state, label, family and confidence. The first of these rules that applies decides:
///  1. The best class is sure: that class.
///  2. The most probable family is sure, and not noise: that family.
///  3. The best class is noise, or reaches `min_confidence`: that class.
///  4. Unknown, with the probability of the best class.
void decide(LabelEvent& event, const Choice& best_class, const Choice& best_family, double min_confidence) noexcept;

/// Unknown; `probability` is that of the best class.
void decide_unknown(LabelEvent& event, double probability) noexcept;

/// Sums the calibrated probabilities of an interval's frames and gives the label that follows from their mean: unknown
/// when the frames look like no class that has a name (`model::LogitReader::decide`), else what `stream::decide` says. The
/// label of the interval before counts as the best class until another one exceeds it by the hysteresis.
class DecisionAccumulator
{
public:
    DecisionAccumulator(const model::ModelInfo& info, const model::Decision& decision);

    void reset() noexcept; ///< for the next interval

    /// logits [frames, classes]; frames whose logits are not finite are counted, and say nothing.
    void add(const float* logits, int frames) noexcept;

    /// What another one of the same model has since its last `reset`.
    void add(const DecisionAccumulator& other) noexcept;

    std::uint64_t frames() const noexcept { return frames_; }

    /// Writes state, label, family, confidence, top, and of the first frame confidence and unknown score. Without a frame that says something: unknown.
    void decide(LabelEvent& event) noexcept;

    /// What the last `decide` decided on.
    Proposal proposal() const noexcept
    {
        return { labels_.data(), mean_.data(), is_answered_ ? mean_.size() : 0, decision_.min_confidence };
    }

    void set_min_confidence(double min_confidence) noexcept { decision_.min_confidence = min_confidence; }

    /// The class that the hysteresis favors, of the decision before: to be kept where several signals share an
    /// accumulator.
    static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
    std::size_t previous_label() const noexcept { return previous_label_; }
    void set_previous_label(std::size_t label) noexcept { previous_label_ = label; }

private:
    void write_top(LabelEvent& event) const noexcept;
    double family_probability(std::size_t family) const noexcept;
    std::size_t best_class(std::size_t favored) noexcept;
    Choice best_family(std::size_t first) const noexcept; ///< the class `first`'s, unless another one is more probable

    std::vector<std::string> labels_;
    std::vector<std::string> families_;  ///< distinct, in order of appearance
    std::vector<std::size_t> family_of_; ///< index into families_ per label
    model::LogitReader reader_;
    model::Decision decision_;
    std::vector<double> sum_;
    std::vector<double> frame_;              ///< probabilities of one frame; of all of them, while it is decided
    std::vector<double> mean_;               ///< probabilities of the last decision
    bool is_answered_ = false;               ///< the last decision
    double unknown_scores_ = 0.0;            ///< their sum
    struct {
        double confidence = 0.0, unknown_score = 0.0;
    } first_; ///< frame that has an answer
    std::uint64_t frames_ = 0, answers_ = 0; ///< all; those in the sums
    std::size_t previous_label_ = kNone;     ///< best class of the interval before
};

/// What an interval says when the squelch let nothing through.
void decide_noise(LabelEvent& event) noexcept;

/// What stands far above the noise in a part of the band is not called noise, whatever the network says, but unknown.
void doubt_strong_noise(LabelEvent& event) noexcept;

} // namespace prunedamr::stream
