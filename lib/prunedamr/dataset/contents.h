// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/dataset/frame_source.h"

#include <nlohmann/json.hpp>
#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace prunedamr::dataset {

/// How strong frames are; full scale is 1.
struct Levels {
    double min_rms = 0.0; ///< of the frames that are not silent
    double max_rms = 0.0;
    double peak = 0.0; ///< largest |I| or |Q|
    std::int64_t silent_frames = 0;
};

/// What a source holds.
struct Contents {
    dataset::Dataset fields;      ///< header and per-frame fields, without the frames
    std::optional<Levels> levels; ///< where they were asked for and there are frames
};

/// Reads a source to its end; its samples only where `with_levels`. Throws `Error` as the source does.
Contents read_contents(dataset::FrameSource& source, bool with_levels);

struct GroupCounts {
    std::int64_t count = 0;
    std::int64_t in_several_parts = 0; ///< of the split, which no group should be
};

GroupCounts count_groups(const dataset::Dataset& fields);

/// {class name: frames} in the order of the classes, and {"train": frames, "validation": ..., "test": ...}.
nlohmann::ordered_json frames_per_class(const dataset::Dataset& fields);
nlohmann::ordered_json frames_per_part(const dataset::Dataset& fields);

/// [{"label", "snr_db" (null: not known), "frames"}] of each cell that has frames.
nlohmann::json cells_json(const dataset::Dataset& fields);

/// Frames by class and SNR as lines of text, at most twelve columns of 2 dB or more.
std::string snr_table(const dataset::Dataset& fields);

} // namespace prunedamr::dataset
