// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/recording.h"

#include <optional>
#include <string>

namespace prunedamr::data {

/// The two files of one SigMF recording.
struct SigmfPair {
    std::string meta;
    std::string data;
};

/// From x.sigmf-meta, x.sigmf-data or x itself; nothing is looked up.
SigmfPair sigmf_pair(const std::string& path);

/// Reads a .sigmf-meta file; `sample_count` is that of the data file and bounds the annotations.
/// Throws `Error` naming the file and the key that is missing, malformed or not supported.
RecordingInfo read_sigmf_meta(const std::string& path, std::uint64_t data_bytes);

/// The text of a .sigmf-meta file.
std::string sigmf_meta_text(const RecordingInfo& info);

} // namespace prunedamr::data
