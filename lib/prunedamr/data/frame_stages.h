// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/frame_source.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// Sources made of other sources: frames pass through them in their order, one piece in memory at a time.
namespace prunedamr::data {

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
std::unique_ptr<FrameSource> joined(std::vector<NamedSource> sources);

/// Class names in the project's spelling (`modulations()`): aliases become names, several of one class become one.
std::unique_ptr<FrameSource> with_canonical_names(std::unique_ptr<FrameSource> source);

/// Every frame scaled to `unit_rms`; a frame of zeros stays.
std::unique_ptr<FrameSource> with_unit_rms(std::unique_ptr<FrameSource> source);

struct Selection {
    std::vector<std::string> labels; ///< the classes to keep, in the order that they get; empty: all as they are
    std::optional<double> snr_low_db, snr_high_db; ///< bounds included; frames of unknown SNR pass
    std::optional<std::int64_t> frames_per_cell;   ///< at most so many of a class and SNR, drawn with equal chances
    std::uint64_t seed = 1;                        ///< of the draw
};

/// What passes `selection`. `open` is called once more, to look at labels and SNRs first, when frames are drawn.
/// Throws `Error` for a label that the source does not have, listing those that it has.
std::unique_ptr<FrameSource> selected(const std::function<std::unique_ptr<FrameSource>()>& open,
                                      const Selection& selection);

} // namespace prunedamr::data
