// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/measure/alphabets.h"
#include "prunedamr/measure/front.h"
#include "prunedamr/measure/symbol_rate.h"

namespace prunedamr::measure {

enum class PulseKind { root_raised_cosine, rectangular, half_sine, gaussian };

struct PulseShape {
    PulseKind kind = PulseKind::root_raised_cosine;
    double parameter = 0.35; ///< roll-off, or bandwidth-time product
};

/// |H(f)|^2 of a pulse, f in symbol rates; 1 at 0; zero beyond 1.5.
double pulse_power(const PulseShape& pulse, double f) noexcept;

struct PulseFit {
    PulseShape shape;
    double carrier = 0.0; ///< from the front's center, cycles per sample: 0.3 to 1 % of the rate
};

/// Which pulse the spectrum is likeliest to come from (Whittle, "Estimation and information in stationary time
/// series", 1953), and where its middle lies. `near`: carrier to begin with, from the front's center.
PulseFit fit_pulse(Workspace& space, const Front& front, double rate, double near) noexcept;

/// The receive filter and the samples at the symbols.
class Synchronizer
{
public:
    explicit Synchronizer(Workspace& space) : space_(space), filter_(space.a.size()), half_(2 * kMaxSymbols) {}

    /// Filters around `carrier` (from the front's center) with the filter that belongs to a pulse.
    void match(const Front& front, double rate, double carrier, const PulseShape& pulse) noexcept;
    /// The same with a filter from the spectrum itself, which leaves no interference between symbols of any pulse
    /// with linear phase: sqrt(H^2) / sum over k of H^2(f + k rate).
    void fold(const Front& front, double rate, double carrier) noexcept;

    /// Two samples per symbol, the first of each pair at the symbol's center: [2 * returned count], mean power of the
    /// centers 1, to half_symbols(). From the middle of the decision when there are more than kMaxSymbols.
    int sample(double timing) noexcept;
    const Complex* half_symbols() const noexcept { return half_.data(); }

    /// Symbols of OQPSK, its carrier turned back: one rail at its centers, the other half a symbol later.
    void sample_offset(const RateLine& line, double carrier, Symbols& symbols) noexcept;

    double middle() const noexcept { return middle_; } ///< frequency, from the front's center, that is now zero

private:
    void filter(const Front& front, double carrier, int first, int last) noexcept;
    Complex at(double time) const noexcept;
    int span(double timing, double& start) const noexcept;

    Workspace& space_;
    std::vector<float> filter_;
    std::vector<Complex> half_;
    double rate_ = 0.0, middle_ = 0.0, ratio_ = 1.0; ///< rate_: of symbols, per sample of the filtered signal
    int count_ = 0;
};

} // namespace prunedamr::measure
