// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dsp/front_end_spec.h"
#include "prunedamr/dataset/dataset.h"
#include "prunedamr/dataset/frame_source.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::dataset {

/// Sources made of other sources: frames pass through them in their order, one piece in memory at a time.

/// As many frames as 8 MiB hold, at least one.
std::int64_t frames_in_piece(const FrameSource& source);

struct NamedSource {
    std::string name; ///< as messages and the provenance give it
    std::unique_ptr<FrameSource> source;
};

/// One source after the other. Classes are united by their names, in the order in which they appear; groups stay
/// distinct, those of the first source keep their numbers; the provenance is
/// {"inputs": [{"file": name, "provenance": ...}]}; there is a split if all have one.
/// Throws `Error` naming two sources whose front ends differ, and when reading for a negative group.
std::unique_ptr<FrameSource> concat(std::vector<NamedSource> sources);

/// Class names in the project's spelling (`model::modulations()`): aliases become names, several of one class
/// become one.
std::unique_ptr<FrameSource> with_canonical_names(std::unique_ptr<FrameSource> source);

/// Every frame scaled to `unit_rms`; a frame of zeros stays.
std::unique_ptr<FrameSource> scale_to_unit_rms(std::unique_ptr<FrameSource> source);

struct Selection {
    std::vector<std::string> labels; ///< the classes to keep, in the order that they get; empty: all as they are
    std::optional<double> snr_low_db, snr_high_db; ///< bounds included; frames of unknown SNR pass
    std::optional<std::int64_t> frames_per_cell;   ///< at most so many of a class and SNR, drawn with equal chances
    std::uint64_t seed = 1;                        ///< of the draw
};

/// What passes `selection`. `open` is called once more, to look at labels and SNRs first, when frames are drawn.
/// Throws `Error` for a label that the source does not have, listing those that it has.
std::unique_ptr<FrameSource> filter(const std::function<std::unique_ptr<FrameSource>()>& open,
                                    const Selection& selection);

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

/// Adds or replaces one entry of the provenance, which must be a JSON object.
void add_provenance(Dataset& dataset, const std::string& key, const nlohmann::json& entry);

/// Gives the per-frame fields of `piece` the lengths for `count` frames of `length` samples, part train.
void resize_piece(Dataset& piece, std::int64_t count, std::int64_t length);

} // namespace prunedamr::dataset
