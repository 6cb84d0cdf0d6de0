// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/measure/workspace.h"

namespace prunedamr::measure {

/// Points that a symbol may take, of mean power 1, and how their carrier is found.
struct Alphabet {
    const char* name;   ///< as in the table of classes where that has it; several rows may bear one (ring ratios)
    bool is_decoy;      ///< in the set only so that its signals are not called something else
    std::vector<Complex> points;
    std::vector<float> levels; ///< of each part of a point where points are a grid, else empty
    std::vector<float> prior;  ///< probability of each level
    int cut = 0;               ///< levels at either end of which only one part may be: the corners of a cross
    int power = 4;             ///< z^power has a line at power times the carrier
    double turn = 0.0;         ///< of the alphabet from symbol to symbol, in turns
    double reference = 0.0;    ///< angle of the mean of points^power
    float min_distance = 0.0f; ///< of two points
    double fourth = 1.0;       ///< mean |point|^4
    /// Weight of e^{i power angle} by |z| in steps of 0.02: how much of it remains at 20 dB. Empty: |z|^min(power, 4).
    std::vector<float> weight = {};
};

/// BPSK, pi/2-BPSK, 4ASK, OOK, QPSK, pi/4-DQPSK, 8PSK, 16PSK, 16QAM to 256QAM (32 and 128 as crosses and as
/// rectangles), 16APSK and 32APSK of several ring ratios, and decoys: 3PSK, 6PSK, 12PSK, 8ASK, star 8QAM, 64APSK and
/// duobinary QPSK. Rows of one `power` follow one another.
const std::vector<Alphabet>& alphabets();

/// Row of QPSK, which OQPSK is scored by.
int qpsk_row();

} // namespace prunedamr::measure
