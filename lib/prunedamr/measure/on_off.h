// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/measure/edge_comb.h"
#include "prunedamr/measure/front.h"

namespace prunedamr::measure {

/// Numbers of on-off keying.
struct OnOffNumbers {
    bool is_accepted = false;
    double rate = 0.0, rate_error = 0.0, score = -9.0; ///< chips, cycles per sample
    double duty = 0.0;       ///< share of the time that is on
    double on_off_db = 0.0;  ///< of the two mean amplitudes
    double separation = 0.0; ///< of the two levels over their pooled standard deviation
    int edges = 0;
};

/// Chip rate, duty and level ratio of on-off keying from the edges of the envelope. Pulses of one or two samples are
/// refused.
class OnOff
{
public:
    explicit OnOff(Workspace& space) : space_(space), comb_(space), mask_(space.a.size(), 1.0f) {}
    OnOffNumbers measure(const Front& front) noexcept; ///< uses all of the workspace

private:
    Workspace& space_;
    EdgeComb comb_;
    std::vector<float> mask_;
};

} // namespace prunedamr::measure
