// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/front_end_spec.h"
#include "prunedamr/data/dataset.h"

namespace prunedamr::data {

/// Scales one frame [2, L] to `front_end.scale` unless it has that scale within 0.001; a frame of zeros stays.
void scale_frame(const FrontEndSpec& front_end, float* frame);

/// What the frames of a file have where `front_end.scale` asks for 1 (sum of |x|, or root of the mean of |x|^2);
/// for the provenance.
class ScaleSample
{
public:
    explicit ScaleSample(const FrontEndSpec& front_end) : front_end_(front_end) {}
    void add(const float* frame);

    /// {"sampled_frames", "lowest", "highest", "rescaled": whether reading scales frames of the sample}
    nlohmann::json report() const;

private:
    FrontEndSpec front_end_;
    std::int64_t frames_ = 0;
    std::int64_t rescaled_ = 0;
    double lowest_ = 0.0;
    double highest_ = 0.0;
};

/// Gives the per-frame fields of `piece` the lengths for `count` frames of `length` samples, part train.
void resize_piece(Dataset& piece, std::int64_t count, std::int64_t length);

} // namespace prunedamr::data
