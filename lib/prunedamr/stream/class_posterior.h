// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/measure/measurement.h"
#include "prunedamr/stream/decision_accumulator.h"

#include <array>
#include <initializer_list>
#include <string_view>

namespace prunedamr::stream {

/// Whether a method's numbers are those of a family's signals.
bool belongs_to(measure::Method method, std::string_view family) noexcept;

/// Probabilities of the classes of the table of classes: the network's, spread over the classes that it does not know,
/// then times the likelihood of a measurement. Neither allocates nor throws; texts are those of the network and of the
/// table.
class ClassPosterior
{
public:
    /// `network` has at most `Prover::kMaxClasses` classes. `is_unknown`: it has decided so, whatever its probabilities.
    void start(const Proposal& network, bool is_unknown) noexcept;

    /// Bits of `measure::families` whose probability reaches `least`; `only_sure`: of those that noise does not imitate.
    std::uint32_t plausible_families(double least, bool only_sure) const noexcept;
    bool is_fsk_likely() const noexcept;

    /// `is_signal`: noise is ruled out.
    void update(const measure::Measurement& found, bool is_signal) noexcept;

    Choice best_class() const noexcept;  ///< but unknown
    Choice best_family() const noexcept; ///< but noise and unknown
    double unknown() const noexcept;
    void write_top(LabelEvent& event) const noexcept;

private:
    static constexpr int kMaxClasses = 96; ///< the network's, those that are measured only, and unknown
    struct Entry {
        std::string_view label, family;
        double probability = 0.0;
    };
    Entry* find(std::string_view label) noexcept;
    void level(std::initializer_list<std::string_view> labels, double learnt) noexcept;
    double family_probability(std::string_view family) const noexcept;

    std::array<Entry, kMaxClasses> entries_;
    int count_ = 0;
};

} // namespace prunedamr::stream
