// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/dataset/frame_source.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace prunedamr::dataset {

struct DatasetWriterOptions {
    SampleType samples = SampleType::float32;
    std::optional<SplitFractions> split; ///< assigned by `finish`; without it every frame keeps its part
    std::uint64_t split_seed = 1;
};

/// Writes a data set piece by piece: the frames go to the file at once, in memory stay 17 bytes per frame.
/// The file gets its name when it is finished; without that nothing stays.
class DatasetWriter
{
public:
    /// Of `header` front_end, class_names and provenance count. Throws `Error` as `check_dataset_path` does, and
    /// for bad fractions of the split.
    DatasetWriter(const std::string& path, const Dataset& header, const DatasetWriterOptions& options);
    ~DatasetWriter();
    DatasetWriter(const DatasetWriter&) = delete;
    DatasetWriter& operator=(const DatasetWriter&) = delete;

    /// The per-frame fields of `piece`; its labels index the header's classes. Throws `Error` naming the first bad
    /// frame, or one whose samples do not fit into float16; the writer cannot be used after that.
    void append(const Dataset& piece);

    /// Returns the header and all per-frame fields as they were written, without the frames.
    const Dataset& finish();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

struct WriteOptions {
    std::string path;                       ///< NAME.h5 or NAME.safetensors
    bool half = false;                      ///< float16 even if the source has float32
    std::optional<double> validation, test; ///< fractions of a new split, 0..1; by default 0.1 and 0.2
    bool new_split = false;                 ///< a new split although the source has one
    std::uint64_t seed = 1;                 ///< random seed of the split
    std::string command;                    ///< that makes the data set, for its provenance
};

/// Writes all frames of `source` to a data set, a piece in memory at a time, with a progress bar. The split is that
/// of the source, unless it has none, fractions were given, or `new_split`. Returns {"out", "bytes", "frames",
/// "samples", "front_end", "classes", "frames_per_class", "split": {part: frames}, "split_kept"}. Throws `Error`;
/// then, and after SIGINT, nothing is written.
nlohmann::ordered_json write_frames(dataset::FrameSource& source, const WriteOptions& options);

} // namespace prunedamr::dataset
