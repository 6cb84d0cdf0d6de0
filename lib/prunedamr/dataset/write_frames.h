// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/frame_source.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace prunedamr::dataset {

struct WriteOptions {
    std::string path;                       ///< NAME.h5 or NAME.safetensors
    bool half = false;                      ///< float16 even if the source has float32
    std::optional<double> validation, test; ///< fractions of a new split, 0..1; by default 0.1 and 0.2
    bool divide_anew = false;               ///< a new split although the source has one
    std::uint64_t seed = 1;                 ///< random seed of the split
    std::string command;                    ///< that makes the data set, for its provenance
};

/// Writes all frames of `source` to a data set, a piece in memory at a time, with a progress bar. The split is that
/// of the source, unless it has none, fractions were given, or `divide_anew`. Returns {"out", "bytes", "frames",
/// "samples", "front_end", "classes", "frames_per_class", "split": {part: frames}, "split_kept"}. Throws `Error`;
/// then, and after SIGINT, nothing is written.
nlohmann::ordered_json write_frames(dataset::FrameSource& source, const WriteOptions& options);

} // namespace prunedamr::dataset
