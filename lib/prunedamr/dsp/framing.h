// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dsp/front_end_spec.h"

#include <complex>

namespace prunedamr::dsp {

/// Cuts `count` samples into consecutive frames [n, 2, frame_length], I then Q, each scaled to `scale`; returns n.
/// What is left at the end is dropped, unless it is all there is: then it makes one frame, repeated to
/// its length: a short burst looks like a long one of its kind.
int write_frames(const std::complex<float>* samples, int count, int frame_length, FrontEndSpec::Scale scale,
                 float* frames) noexcept;

} // namespace prunedamr::dsp
