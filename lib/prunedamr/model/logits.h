// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/model/model_info.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace prunedamr::model {

/// Class that stands for signals which no other class names; a model may have it or not.
inline constexpr const char* kUnknownLabel = "unknown";

/// Family of what is no signal.
inline constexpr const char* kNoiseFamily = "noise";

/// What the logits of one frame say. Neither allocates nor throws after construction.
class PRUNEDAMR_API LogitReader
{
public:
    LogitReader(const ModelInfo& info, const Decision& decision);
    explicit LogitReader(const ModelInfo& info) : LogitReader(info, info.decision) {}

    std::size_t classes() const noexcept { return kind_.size(); }

    /// Whether the class names a signal: it is neither of the family noise nor `unknown`.
    bool is_signal(std::size_t c) const noexcept { return kind_[c] == Kind::named; }

    /// Calibrated probabilities: softmax of logits / temperature (Guo et al. 2017). Both [classes]. All NaN where a
    /// logit is NaN or the largest is infinite: such a frame has no answer.
    void probabilities(const float* logits, double* result) const noexcept;

    /// How little the frame looks like any class that has a name: minus the free energy of their logits (Liu et al.
    /// 2020, energy score), against the logit of the class `unknown` where the model has it. In units of
    /// logit / temperature. Signals above `Decision::unknown_score` are unknown.
    double unknown_score(const float* logits) const noexcept;

    /// The best class of these probabilities [classes] but `unknown`.
    std::size_t best_named(const double* probabilities) const noexcept;

    /// What one frame's, or the mean of several frames', probabilities [classes] and unknown score say: `kUnknown`,
    /// or the class that they name. Where the decision has a threshold for the score, that alone tells what is
    /// unknown, and the class `unknown` is never named; noise is no unknown signal, so where it is the best class
    /// of all the score is not asked. NaN says nothing: unknown.
    static constexpr std::size_t kUnknown = static_cast<std::size_t>(-1);
    std::size_t decide(const double* probabilities, double unknown_score) const noexcept;

private:
    enum class Kind : std::uint8_t { named, noise, unknown };

    std::vector<Kind> kind_; ///< per class
    double temperature_;
    double threshold_;
};

} // namespace prunedamr::model
