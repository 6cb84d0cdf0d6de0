// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/measure/front.h"

namespace prunedamr::measure {

/// Numbers of a chirp spread spectrum; cycles and samples.
struct ChirpNumbers {
    bool is_accepted = false;
    double slope = 0.0, slope_error = 0.0; ///< cycles per sample^2, negative when the frequency falls
    double bandwidth = 0.0;                ///< half-power width, 1 to 10 % from the nominal
    double spreading_factor = 0.0;         ///< log2(bandwidth^2 / |slope|), before rounding
    double gain = 0.0; ///< share of a dechirped window's power in its strongest bin, over what noise has
};

/// Slope of chirps: a lagged product is a tone while a chirp lasts; candidates are judged by how much dechirping
/// gathers, since repeated symbols have tones of other slopes.
class Chirp
{
public:
    explicit Chirp(Workspace& space) : space_(space), mask_(space.a.size()) {}
    ChirpNumbers measure(const Front& front) noexcept; ///< uses all of the workspace

private:
    static constexpr int kCandidates = 20;
    void filter(const Front& front) noexcept;
    int candidates(double* slopes) noexcept;
    double concentration(double slope, int length, int max_windows) noexcept;

    Workspace& space_;
    std::vector<float> mask_;
    double ratio_ = 1.0, band_ = 0.0; ///< band_: the rough band, cycles per filtered sample
    int count_ = 0;
};

} // namespace prunedamr::measure
