// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/dataset.h"

#include <string>

namespace prunedamr::workshop {

/// Whether the name is that of a recording, not of a data set.
bool is_capture(const std::string& path);

/// The labelled stretches of a recording cut into frames, each stretch by itself, labelled as its annotation says;
/// one without labelled annotations gives frames of the class "unlabelled". The SNR is the front end's estimate.
/// Throws `Error` for a recording that cannot be read or is too short for a frame.
data::Dataset capture_frames(const std::string& path, const FrontEndSpec& spec);

} // namespace prunedamr::workshop
