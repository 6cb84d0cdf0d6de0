// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/measure/edge_comb.h"
#include "prunedamr/measure/front.h"
#include "prunedamr/measure/numerics.h"
#include "prunedamr/measure/symbol_rate.h"

namespace prunedamr::measure {

/// Numbers of frequency shift keying; frequencies in cycles per sample.
struct FskNumbers {
    bool is_accepted = false;
    bool is_alternating = false; ///< the data alternate: the index is a lower bound
    double rate = 0.0, rate_error = 0.0, score = -9.0;
    int tones = 0;
    double index = 0.0, index_error = 0.0; ///< spacing of neighboring tones / rate
    double carrier = 0.0, carrier_error = 0.0; ///< from the front's center
    double shape = 0.0; ///< response of a neighboring symbol / own: about 0.05 unshaped, 0.13 BT 0.5, 0.26 BT 0.3
    double eye = 9.0;   ///< residual / spacing of the levels
    double envelope_variation = 9.0; ///< standard deviation / mean of the envelope in the signal's own band
    int edges = 0, symbols = 0;
};

/// Symbol rate, tones, index and shape of frequency shift keying, from the crossings of the discriminator and a least
/// squares fit of each symbol's phase advance to its and its neighbors' levels.
class Fsk
{
public:
    explicit Fsk(Workspace& space);

    /// `other_rate`: a symbol rate to fall back on, 0 for none. `max_variation`: of the envelope, beyond which nothing is
    /// tried. Uses all of the workspace.
    FskNumbers measure(const Front& front, double other_rate, double max_variation = 0.6) noexcept;

    /// Of the last call: frequency after the channel filter, in rates of `step_rate()`; [steps()], in the
    /// workspace's `v` until its next use.
    const float* steps() const noexcept { return space_.v.data(); }
    int step_count() const noexcept { return count_; }
    double step_rate() const noexcept { return ratio_; } ///< steps per sample
    /// Phase advance over symbol `k` of the last call, in cycles; 0 <= k < symbols.
    double advance(int k) const noexcept { return advance_[k]; }

private:
    struct BankLine {
        double rate = 0.0, strength = 0.0, score = -9.0;
    };
    struct Levels {
        double middle, spacing, variance;
    };
    struct Fit {
        bool is_valid = false;
        double center = 0.0, slope = 0.0, near = 0.0, far = 0.0; ///< u = center + slope a + near (..) + far (..)
        double residual = 0.0, slope_error = 0.0, eye = 9.0, least_used = 0.0, alternation = 0.0;
    };

    void channel(const Front& front) noexcept;
    CombLine edge_rate(double max_rate) noexcept;
    BankLine bank() noexcept;
    BankLine lowest_of(const Best<BankLine, 24>& lines) const noexcept;
    bool rate(double other, FskNumbers& numbers) noexcept;
    int advances(double rate) noexcept;
    Levels levels(int symbols, int tones) noexcept;
    Fit fit(int symbols, int tones) noexcept;
    Fit regress(int symbols, int tones) noexcept;
    void decide(int symbols, int tones, const Fit& fit) noexcept;

    Workspace& space_;
    EdgeComb comb_;
    LineNoise noise_;
    std::vector<float> mask_;
    std::vector<double> phase_, advance_;
    std::vector<signed char> level_;
    int count_ = 0;
    double ratio_ = 1.0, band_ = 0.0, middle_ = 0.0, envelope_variation_ = 9.0;
};

} // namespace prunedamr::measure
