// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/measure/numerics.h"

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

/// Symbols, each part by itself; count is at most kMaxSymbols.
constexpr int kMaxSymbols = 2048;
struct Symbols {
    alignas(64) float re[kMaxSymbols], im[kMaxSymbols];
    int count = 0;
};

/// z = gain * point + complex normal noise of variance `noise`.
struct Channel {
    double gain = 1.0, noise = 0.1;
    static Channel of_snr_db(double snr_db) noexcept; ///< such that the mean power of z is 1
    double snr_db() const noexcept;
};

/// Sums over symbols under the posterior of the points.
struct Moments {
    double log_likelihood = 0.0;  ///< mean of ln p(z), at least -25 each
    double correlation = 0.0;     ///< sum Re(z conj(x)), x the posterior mean of the point
    double point_power = 0.0;     ///< sum E|point|^2
    double power = 0.0;           ///< sum |z|^2
};

/// All symbols from `first` on, at most `count`; posterior means to mean.re, mean.im (at the same places).
Moments expect(const Alphabet& alphabet, const Channel& channel, const Symbols& z, int first, int count, Symbols& mean) noexcept;

/// The channel that makes the moments likeliest (the second half of expectation-maximization).
Channel maximize(const Moments& moments, int count) noexcept;

/// Distance of a symbol to the nearest point, and its index.
float nearest(const Alphabet& alphabet, float gain, float re, float im, int& index) noexcept;

} // namespace prunedamr::measure
