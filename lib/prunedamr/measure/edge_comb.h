// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/measure/numerics.h"

#include <vector>

namespace prunedamr::measure {

/// A rate at which the crossings of a keyed signal lie on a comb; cycles per sample.
struct CombLine {
    double rate = 0.0;
    double share = 0.0;    ///< |mean of exp(-2 pi i rate t)| over the crossings: 1 is a perfect comb
    double strength = 0.0; ///< count * share^2: exponentially distributed with mean 1 for crossings at random
    double score = -9.0;   ///< strength - ln(places searched)
};

/// Symbol rate from the times of level crossings. The lowest rate that explains them wins: harmonics of it line up as
/// well, parts of it do not.
class EdgeComb
{
public:
    explicit EdgeComb(Workspace& space) : space_(space), times_(space.max_size() / 2) {}

    /// Crossings of the middle between two levels in g[count]; a level counts as reached at `hysteresis` of the way
    /// from the middle to it. The time is the mean of the first and the last crossing in between.
    void find(const float* g, int count, double low, double high, double hysteresis) noexcept;

    int count() const noexcept { return count_; }
    double time(int i) const noexcept { return times_[i]; } ///< samples

    /// Rates from `min_symbols` in the decision to `max_rate`. `is_strict`: against pulse widths, which line up well
    /// on their bits too. Needs 8 crossings. Uses `a, b, u` of the workspace.
    CombLine search(int samples, double max_rate, int min_symbols, bool is_strict) noexcept;

    double share(double rate) const noexcept;
    double refine(double rate, int samples) const noexcept;

private:
    Workspace& space_;
    std::vector<double> times_;
    int count_ = 0;
};

} // namespace prunedamr::measure
