// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/frame_source.h"

#include <memory>
#include <string>
#include <string_view>

namespace prunedamr::data {

/// What a form is told by: the first bytes (at most 4096, fewer in a shorter file) and, for containers that hold
/// several forms, the file itself.
struct FileHead {
    std::string path;
    std::string bytes;

    bool starts_with(std::string_view prefix) const { return bytes.compare(0, prefix.size(), prefix) == 0; }
    /// HDF5's signature at byte 0 or behind a user block.
    bool is_hdf5() const;
};

/// One row of the table of `open_frame_source`, which asks the rows in their order.
struct FrameSourceForm {
    const char* name;                                              ///< as messages name it
    bool (*recognise)(const FileHead& head);                       ///< throws nothing
    std::unique_ptr<FrameSource> (*open)(const std::string& path); ///< throws `Error`
};

} // namespace prunedamr::data
