// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What this host can do.

#include "prunedamr/engine/engine.h"

namespace prunedamr::engine {

/// The number of frames per call, 1..`engine.max_batch()`, that gives the most frames per second on this host among
/// those whose call takes at most `max_latency_us` (median of 15 calls on noise). Throws `Error` when a single
/// frame takes longer.
int best_batch(Engine& engine, double max_latency_us);

/// Peak multiply-accumulates per second of one core.
struct Peak {
    double float32 = 0.0;
    double int8 = 0.0; ///< unsigned times signed 8-bit integers, summed in 32 bits
};

/// Measures the calling thread's core by the fastest of 40 loops, of about a millisecond each, of multiply-adds on
/// registers, with the instructions of the native backend (limited by PRUNEDAMR_ISA). Takes about 50 ms; other work
/// on the core lowers the result. Throws `Error` for an unknown PRUNEDAMR_ISA.
Peak measure_peak();

} // namespace prunedamr::engine
