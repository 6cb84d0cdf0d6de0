// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace prunedamr::engine {

/// Multiply-accumulates per second of the core that calls, at most.
struct Peak {
    double float32 = 0.0;
    double int8 = 0.0; ///< unsigned times signed bytes, summed in 32 bits
};

/// The fastest of some loops of a millisecond of plain multiply-adds on registers, with the instructions that the
/// native backend uses (PRUNEDAMR_ISA as there). Takes about 50 ms. What else runs on the core makes it lower.
Peak measure_peak();

} // namespace prunedamr::engine
