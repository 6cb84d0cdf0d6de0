// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/dataset.h"

#include <string>

namespace prunedamr::workshop {

/// Whether a file is a recording by its name: SigMF, WAV, or raw samples in a format that the name tells.
bool is_capture(const std::string& path);

/// All frames that `CaptureSource` makes of one capture, in memory; one without labels gives frames of the class
/// "unlabelled". Throws `Error` for a recording that cannot be read or gives no frame.
data::Dataset capture_frames(const std::string& path, const FrontEndSpec& spec);

} // namespace prunedamr::workshop
