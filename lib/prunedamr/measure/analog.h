// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/measure/front.h"

namespace prunedamr::measure {

enum class AnalogKind { none, carrier, am, fm };

/// Numbers of a carrier, of amplitude or of frequency modulation; frequencies in cycles per sample.
struct AnalogNumbers {
    AnalogKind kind = AnalogKind::none; ///< what the numbers below are accepted for
    double carrier = 0.0, carrier_error = 0.0; ///< from the front's center; of FM the mean frequency
    double carrier_share = 0.0; ///< of the power over the noise
    double depth_rms = 0.0, depth_error = 0.0; ///< of AM; a tone's peak depth is sqrt(2) times it
    double deviation = 0.0, deviation_error = 0.0; ///< of FM, peak: half the range that holds 99.4 %
    double audio_width = 0.0;   ///< that holds 97 % of the demodulated power
    double envelope_variation = 0.0; ///< standard deviation / mean
};

/// AM coherently with its carrier, FM by the discriminator; both behind a low-pass of the width that their own audio
/// has, and without the noise's part.
class Analog
{
public:
    explicit Analog(Workspace& space) : space_(space), mask_(space.a.size()) {}
    AnalogNumbers measure(const Front& front) noexcept; ///< uses all of the workspace

private:
    struct Audio {
        double width = 0.0, deviation = 0.0; ///< deviation: standard deviation behind the low-pass
    };
    Audio audio(float* g, bool is_frequency, double known_floor) noexcept;

    Workspace& space_;
    std::vector<float> mask_;
    double ratio_ = 1.0, band_ = 0.0;
    int count_ = 0;
};

} // namespace prunedamr::measure
