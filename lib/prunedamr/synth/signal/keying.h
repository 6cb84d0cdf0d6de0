// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/synth/signal/symbols.h"

#include <vector>

namespace prunedamr::synth {

/// How a bit becomes pulses. A chip is the shortest pulse or gap of plain bits.
enum class KeyingCode {
    plain,          ///< one chip, on for 1
    manchester,     ///< on-off for 1, off-on for 0
    pulse_position, ///< a pulse in the first chip of two for 1, in the second for 0
    pulse_width,    ///< a long pulse and a short gap for 1, the other way round for 0
    pulse_distance, ///< a pulse and a long gap for 1, a short one for 0
};

struct OokConfig {
    double samples_per_chip = 8.0; ///< fractional, >= 1
    KeyingCode code = KeyingCode::plain;
    double pulse_chips = 1.0;    ///< length of the pulses of pulse_position and pulse_distance, 0..1
    double long_ratio = 2.0;     ///< long to short of pulse_width and pulse_distance
    double message_chips = 1e12; ///< messages of this length, with silence of `gap_chips` between them
    double gap_chips = 0.0;
    double since_gap = 0.0;  ///< chips of the first message that are over already
    double first_chip = 0.0; ///< chips, at which the first one begins
    double soft_chips = 0.0; ///< width of the keying circuit's low-pass
    double leak = 0.0;       ///< amplitude while off, 0..1
};

/// On-off keying. The result is real and not negative but for the ripple of the edges.
Samples modulate_ook(const Symbols& bits, const OokConfig& config, int count);

/// A stretch of constant level.
struct LevelRun {
    std::complex<float> level;
    double duration; ///< samples, fractional
};

/// The runs one after another from time `start` (sample 0 is time 0), as a receiver's anti-alias filter (cut-off
/// 0.45 of the rate) leaves them: edges lie exactly where they should, without aliases. The last level holds on.
Samples render_runs(const std::vector<LevelRun>& runs, double start, int count);

} // namespace prunedamr::synth
