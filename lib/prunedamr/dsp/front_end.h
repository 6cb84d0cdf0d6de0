// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/dsp/front_end_spec.h"

#include <complex>
#include <memory>

namespace prunedamr::dsp {

/// What the front end found in one block of samples; frequencies are in cycles per input sample, -0.5..0.5.
struct BlockInfo {
    float power_dbfs = -200.0f;  ///< mean power of the block, 0 dB is |x| = 1
    float snr_db = 0.0f;         ///< in the occupied band; NaN where no noise-only part of the spectrum is visible
    float center = 0.0f;         ///< center of the occupied band
    float bandwidth = 1.0f;      ///< its width, (0, 1]
    float resample_ratio = 1.0f; ///< output samples per input sample
    int frames = 0;              ///< frames written
};

/// Samples to frames as a `FrontEndSpec` demands; the only implementation of that contract, used for live
/// samples, recordings and synthesis alike. Everything is allocated at construction; `process` neither
/// allocates, locks, throws nor logs. One object per thread.
class PRUNEDAMR_API FrontEnd
{
public:
    explicit FrontEnd(const FrontEndSpec& spec);
    ~FrontEnd();
    FrontEnd(FrontEnd&&) noexcept;
    FrontEnd& operator=(FrontEnd&&) noexcept;

    const FrontEndSpec& spec() const;

    /// Samples that `process` takes at most at a time: block_length for auto_band; for as_is also block_length
    /// (cut into block_length / frame_length frames).
    int block_length() const;

    /// Fewest samples that still give a frame (which repeats them to its length): frame_length / 8.
    int min_samples() const;

    /// Most frames that one block can give.
    int max_frames() const;

    /// Turns `count` samples (min_samples..block_length) into frames [n, 2, frame_length] float32, I then Q, each
    /// scaled as the spec says (an all-zero frame stays zero). A block stands alone: no state is carried to the
    /// next one, so events do not depend on how the stream was cut into calls. Non-finite input samples count as
    /// zero. Returns `frames` = 0 when count < min_samples. `frames` must hold max_frames() * 2 * frame_length
    /// floats.
    BlockInfo process(const std::complex<float>* samples, int count, float* frames) noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace prunedamr::dsp
