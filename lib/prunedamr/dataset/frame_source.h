// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/dataset/dataset.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace prunedamr::dataset {

/// Labeled frames from a file, read in pieces, whatever the format: files that do not fit into memory included.
class PRUNEDAMR_API FrameSource
{
public:
    virtual ~FrameSource() = default;

    /// front_end, class_names and provenance; no frames.
    virtual const Dataset& header() const = 0;

    /// How many frames `read` gives in all; -1 where only the end tells (captures).
    virtual std::int64_t frame_count() const = 0;

    /// Whether `part` of the frames is stored in the file; else it is `train` throughout.
    virtual bool has_split() const = 0;

    /// Replaces the per-frame fields of `piece` by those of the next frames, `max_count` of them or what is left;
    /// returns how many, 0 at the end. Throws `Error` naming file, position and expectation when the file is
    /// damaged.
    virtual std::int64_t read(Dataset& piece, std::int64_t max_count) = 0;

    /// The same without the frames (`piece.frames` is empty), for a look at what there is; faster where the form
    /// allows it.
    virtual std::int64_t read_fields(Dataset& piece, std::int64_t max_count)
    {
        const std::int64_t count = read(piece, max_count);
        piece.frames.clear();
        return count;
    }

    /// How the file stores samples; `read` gives float32 whatever that is.
    virtual SampleType samples() const { return SampleType::float32; }
};

/// What a form is told by: the first bytes (at most 4096, fewer in a shorter file) and, for containers that hold
/// several forms, the file itself.
struct PRUNEDAMR_API FileHead {
    std::string path;
    std::string bytes;

    bool starts_with(std::string_view prefix) const { return bytes.compare(0, prefix.size(), prefix) == 0; }
    /// HDF5's signature at byte 0 or behind a user block.
    bool is_hdf5() const;
};

/// One row of the table of `formats::open_frame_source`, which asks the rows in their order.
struct DatasetFormat {
    const char* name;                                              ///< as messages name it
    bool (*recognize)(const FileHead& head);                       ///< throws nothing
    std::unique_ptr<FrameSource> (*open)(const std::string& path); ///< throws `Error`
};

} // namespace prunedamr::dataset
