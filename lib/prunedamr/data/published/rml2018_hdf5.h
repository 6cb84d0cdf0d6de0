// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/frame_source.h"
#include "prunedamr/data/frame_source_form.h"

#include <memory>
#include <string>

namespace prunedamr::data {

/// RadioML 2018.01A (GOLD_XYZ_OSC.0001_1024.hdf5) and subsets of it in the same form: X [N, L, 2] float, Y [N, 24]
/// one-hot in any type of number, Z [N, 1] or [N] the SNR in dB. Source: T. O'Shea, T. Roy, T. C. Clancy, IEEE
/// JSTSP 2018. Read in pieces; rows keep their order, the front end is as_is with L samples and unit RMS (frames
/// are scaled), each frame a group of its own.
///
/// The names are those of `rml2018_classes`. On opening, up to 2048 rows spread over the file are looked at, and
/// those of 10 dB and more of the decisive classes are held against the table (`Rml2018Check`): a file that
/// contradicts it is refused, and the provenance says how clearly it agrees.

bool is_rml2018_hdf5(const FileHead& head);

/// Throws `Error` naming file, array and row.
std::unique_ptr<FrameSource> open_rml2018_hdf5(const std::string& path);

} // namespace prunedamr::data
