// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <volk/volk_alloc.hh>

namespace prunedamr::dsp {

/// A decimator's low-pass as a polyphase bank, laid out for the loop that runs it.
struct ResamplerDesign {
    int taps = 0;             ///< per phase; an output at time t (input samples) sees floor(t) - taps + 1..floor(t)
    int log2_phases = 0;      ///< phases per input sample
    volk::vector<float> rows; ///< [phases, taps, 2], the oldest sample's weight first, the same for I and for Q
};

/// Kaiser-windowed sinc for `ratio` output samples per input sample (< 1), gain 1 at zero frequency.
ResamplerDesign design_resampler(float ratio);

} // namespace prunedamr::dsp
