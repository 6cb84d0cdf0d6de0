// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace prunedamr::dataset {

struct DatasetWriterOptions {
    SampleType samples = SampleType::float32;
    std::optional<SplitShares> split; ///< assigned by `finish`; without it every frame keeps its part
    std::uint64_t split_seed = 1;
};

/// Writes a data set piece by piece: the frames go to the file at once, in memory stay 17 bytes per frame.
/// The file gets its name when it is finished; without that nothing stays.
class DatasetWriter
{
public:
    /// Of `header` front_end, class_names and provenance count. Throws `Error` as `check_dataset_path` does, and
    /// for bad shares of the split.
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

} // namespace prunedamr::dataset
