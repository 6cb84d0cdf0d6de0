// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/systems/system_table.h"

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>

namespace prunedamr::systems {

/// What is known of one emission.
struct Observation {
    double center_hz = 0.0, bandwidth_hz = 0.0;
    double resolution_hz = 0.0; ///< of the bandwidth: what is narrower looks as wide as this
    double snr_db = 0.0;        ///< NaN: not known
    std::string_view label;     ///< a class, a family where only that is sure, "noise" or "unknown"
    std::string_view family;
    double confidence = 1.0;                                   ///< in the label, 0..1
    const measure::Numbers* measured = nullptr;                ///< not owned; none: nothing was measured
    double burst_s = std::numeric_limits<double>::quiet_NaN(); ///< of a whole transmission; NaN: not known
};

/// A bit for each thing that is compared: these, then the quantities from `first_quantity` on.
enum class Aspect { band, bandwidth, label, family, burst, first_quantity };
inline constexpr int kAspects = static_cast<int>(Aspect::first_quantity) + measure::kQuantities;

/// The name of bit `aspect`, 0..kAspects - 1, as events write it: "band", "bandwidth_hz", "label", "family",
/// "burst_s", or the key of a quantity.
PRUNEDAMR_API const char* aspect_name(int aspect) noexcept;

/// A hint, not a claim: a system, and what of it fitted.
struct Candidate {
    int system = -1; ///< index into the table
    std::uint32_t fits = 0, misses = 0;
    float score = 0.0f; ///< sum of what each thing that fitted says, roughly in nats, less what did not fit
};
static_assert(kAspects <= 32);

/// Compares emissions with a table of systems. A number more than 4 standard errors beyond the tolerance of a
/// system excludes it, more than 2 counts against it. Each thing that fits counts for as much as it is narrow: a
/// channel of 25 kHz more than a band of 100 MHz. What is sure of a signal decides how much must fit:
/// - noise: there are no candidates;
/// - outside of the bands of a system, or when the label is of another family or unknown: a number must fit, beyond
///   the count of tones (receivers stand behind converters, and labels err);
/// - otherwise: the label, or its family and the bandwidth.
class PRUNEDAMR_API Matcher
{
public:
    static constexpr int kMost = 3;
    using Candidates = std::array<Candidate, kMost>;

    explicit Matcher(std::vector<System> systems);
    ~Matcher();
    Matcher(Matcher&&) noexcept;
    Matcher& operator=(Matcher&&) noexcept;

    /// The likeliest first; what is left over has system -1. Allocates nothing; any thread.
    Candidates candidates(const Observation& seen) const noexcept;

    const std::vector<System>& systems() const noexcept;

private:
    struct Compiled;
    std::unique_ptr<const Compiled> compiled_;
};

} // namespace prunedamr::systems
