// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"

namespace prunedamr {

/// How samples become the network's frames: the contract between synthesis, training and the live path.
/// It is stored in data sets and model files; `dsp::FrontEnd` is its only implementation.
struct PRUNEDAMR_API FrontEndSpec {
    enum class Kind {
        as_is,     ///< frames are cut from the samples as they come
        auto_band, ///< find the occupied band of a block, shift it to zero, resample, then cut frames
    };

    /// To what every frame is scaled.
    enum class Scale {
        unit_rms,       ///< mean of |x|^2 is 1
        unit_magnitude, ///< sum of |x| is 1, as in the RadioML 2016 files
    };

    Kind kind = Kind::auto_band;
    int frame_length = 1024;        ///< complex samples per frame, 16..65536
    int block_length = 8192;        ///< input samples analyzed together, >= frame_length (auto_band only)
    double occupied_fraction = 0.5; ///< fraction of the rate that the band fills after resampling, 0.1..1
    Scale scale = Scale::unit_rms;

    bool operator==(const FrontEndSpec& other) const;
};

PRUNEDAMR_API const char* to_string(FrontEndSpec::Kind kind);
PRUNEDAMR_API const char* to_string(FrontEndSpec::Scale scale);

} // namespace prunedamr
