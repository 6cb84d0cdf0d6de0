// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/dataset/frame_source.h"

#include <memory>
#include <string>

namespace prunedamr::formats {

/// Opens any form that this build reads; the form is told by the file's content, not by its name.
/// Throws `Error` for a missing file, or one of no known form, naming the forms.
PRUNEDAMR_API std::unique_ptr<dataset::FrameSource> open_frame_source(const std::string& path);

/// The name of the form that `open_frame_source` takes the file for. Throws as that does.
PRUNEDAMR_API std::string dataset_format(const std::string& path);

} // namespace prunedamr::formats
