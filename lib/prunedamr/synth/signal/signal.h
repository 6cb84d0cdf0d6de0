// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <vector>

namespace prunedamr::synth {

using Samples = std::vector<std::complex<float>>;

/// A clean signal around frequency zero.
struct Signal {
    Samples samples;        ///< mean power 1 while it is on
    double bandwidth = 0.0; ///< nominal occupied bandwidth, cycles per sample
};

} // namespace prunedamr::synth
