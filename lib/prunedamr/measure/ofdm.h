// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/measure/front.h"
#include "prunedamr/measure/numerics.h"

namespace prunedamr::measure {

/// Numbers of an orthogonal frequency division multiplex; times in samples.
struct OfdmNumbers {
    bool is_accepted = false;
    bool is_standard = false;   ///< the useful time is one of a list of systems, found as such
    double useful = 0.0, useful_error = 0.0; ///< 1 / carrier spacing
    double guard = 0.0, guard_error = 0.0;   ///< cyclic prefix
    double score = -9.0;        ///< of the repetition after the useful time
    double contrast = 0.0;      ///< of the lagged product within the guards against outside, squared, over its variance
};

/// Useful time as a peak of the whitened autocorrelation; the symbol period from a comb in the spectrum of the lagged
/// product, then from its contrast between the guards and the rest, folded over the period. The contrast decides
/// between lags, since pilots and repeated symbols have peaks but no guards.
class Ofdm
{
public:
    explicit Ofdm(Workspace& space) : space_(space), weight_(space.a.size(), 1.0f) {}

    /// `sample_rate_hz`, where known, lets the useful times of known systems be tried; 0 otherwise. Uses all of the
    /// workspace.
    OfdmNumbers measure(const Front& front, double sample_rate_hz) noexcept;

private:
    struct Lag {
        double lag = 0.0, strength = 0.0;
        bool is_standard = false;
        double guard = 0.0; ///< in lags
    };
    using Lags = Best<Lag, 16>;

    bool is_gaussian() const noexcept;
    bool autocorrelate(const Front& front) noexcept;
    void find_lags(const Front& front, double sample_rate_hz, Lags& lags) noexcept;
    int product(double useful, int points_per_symbol, int& step) noexcept;
    double comb(double useful, double& guard) noexcept;
    double contrast(double useful, double guard, int points, int step) noexcept;
    double refine_guard(double useful, double& guard) noexcept;

    Workspace& space_;
    std::vector<float> weight_;
    int lags_ = 0;          ///< autocorrelation values in space.c
    double lag_step_ = 1.0; ///< samples
    double variance_ = 1.0; ///< of an autocorrelation value of noise
    double ratio_ = 1.0;    ///< rate of the filtered samples
    int count_ = 0;
};

} // namespace prunedamr::measure
