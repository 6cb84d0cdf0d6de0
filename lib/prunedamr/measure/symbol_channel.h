// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/measure/alphabets.h"

namespace prunedamr::measure {

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
