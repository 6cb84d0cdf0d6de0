// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/measure/alphabets.h"

namespace prunedamr::measure {

/// A linear equalizer of two taps per symbol over samples at half symbols: blind by the constant modulus criterion
/// (Godard, IEEE Trans. Communications, 1980), then by least squares toward decided points.
class Equalizer
{
public:
    static constexpr int kTaps = 11;

    /// Takes half[2 * symbols], as `Synchronizer::sample` gives them. Returns false where they do not determine taps.
    bool load(const Complex* half, int symbols) noexcept;

    /// Rounds of constant modulus from a single tap on; symbols of mean power 1.
    void run_blind(int rounds, Symbols& out) noexcept;

    /// The taps that bring the symbols closest to `wanted`.
    void run_toward(const Symbols& wanted, Symbols& out) noexcept;

private:
    static constexpr int kPad = 8;
    struct Stream {
        alignas(64) float re[kMaxSymbols + 2 * kPad], im[kMaxSymbols + 2 * kPad];
    };
    const float* re(int tap) const noexcept;
    const float* im(int tap) const noexcept;
    void solve_toward(const Symbols& wanted, std::complex<double>* taps) const noexcept;
    void apply(Symbols& out) const noexcept;

    Stream even_, odd_; ///< samples at the centers, and between them
    int symbols_ = 0;
    std::complex<double> correlation_[kTaps * kTaps];
    std::complex<double> taps_[kTaps];
};

} // namespace prunedamr::measure
