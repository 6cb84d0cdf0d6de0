// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/dataset.h"

#include <cstdint>
#include <memory>
#include <string>

namespace prunedamr::data {

/// Labelled frames from a file, read in pieces, whatever the format: files that do not fit into memory included.
class FrameSource
{
public:
    virtual ~FrameSource() = default;

    /// front_end, class_names and provenance; no frames.
    virtual const Dataset& header() const = 0;

    /// How many frames `read` gives in all; -1 where only the end tells (captures).
    virtual std::int64_t frame_count() const = 0;

    /// Whether `part` of the frames is stored in the file; else it is `train` throughout.
    virtual bool has_split() const = 0;

    /// Replaces the per-frame fields of `piece` by those of the next frames, `most` of them or what is left;
    /// returns how many, 0 at the end. Throws `Error` naming file, position and expectation when the file is
    /// damaged.
    virtual std::int64_t read(Dataset& piece, std::int64_t most) = 0;

    /// The same without the frames (`piece.frames` is empty), for a look at what there is; faster where the form
    /// allows it.
    virtual std::int64_t read_fields(Dataset& piece, std::int64_t most)
    {
        const std::int64_t count = read(piece, most);
        piece.frames.clear();
        return count;
    }

    /// How the file stores samples; `read` gives float32 whatever that is.
    virtual SampleType samples() const { return SampleType::float32; }
};

/// Opens any form that this build reads; the form is told by the file's content, not by its name.
/// Throws `Error` for a missing file, or one of no known form, naming the forms.
std::unique_ptr<FrameSource> open_frame_source(const std::string& path);

/// The name of the form that `open_frame_source` takes the file for. Throws as that does.
std::string frame_source_form(const std::string& path);

} // namespace prunedamr::data
