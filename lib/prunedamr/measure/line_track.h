// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/measure/symbol_rate.h"

namespace prunedamr::measure {

/// The symbol-rate lines of successive decisions of one signal, added up incoherently: a line too weak for one decision
/// grows with their number while noise stays even. Allocates at construction only.
class LineTrack
{
public:
    explicit LineTrack(int max_samples);

    void clear() noexcept;
    /// Adds one decision's lines; `samples` and `half_width` (cycles per sample) are those of its front. Starts afresh
    /// when the band's width changes by more than a fifth.
    void add(const LineSpectrum& lines, int samples, double half_width) noexcept;
    int decisions() const noexcept { return decisions_; }

    struct Line {
        double rate = 0.0, rate_error = 0.0, score = -9.0;
    };
    Line best() const noexcept;

private:
    std::vector<float> sum_;
    int cells_ = 0, decisions_ = 0;
    double first_ = 0.0, step_ = 0.0, half_width_ = 0.0;
};

} // namespace prunedamr::measure
