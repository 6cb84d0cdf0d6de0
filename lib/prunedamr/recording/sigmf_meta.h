// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/recording/sigmf_notes.h"
#include "prunedamr/recording/recording.h"
#include "prunedamr/recording/recording_layout.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace prunedamr::recording {

constexpr std::size_t kMaxSigmfMetaBytes = 256u << 20;
constexpr const char* kSigmfMetaEnding = ".sigmf-meta";
constexpr const char* kSigmfDataEnding = ".sigmf-data";

/// What a .sigmf-meta file says, as it says it: sample numbers count from `offset`, nothing is known of the data.
struct SigmfMeta {
    struct Capture {
        std::uint64_t sample_start = 0;
        std::uint64_t header_bytes = 0;
        std::optional<double> center_freq_hz;
        std::optional<std::int64_t> time_ns;
        std::optional<std::uint64_t> global_index;
    };
    struct OpenAnnotation {
        recording::Annotation fields; ///< sample_start is the file's; sample_count is not used
        std::optional<std::uint64_t> sample_count;
        std::size_t index; ///< in the file
    };

    std::string datatype;
    std::optional<double> sample_rate_hz;
    std::uint64_t channels = 1;
    std::uint64_t offset = 0;
    std::uint64_t trailing_bytes = 0;
    bool metadata_only = false;
    std::string dataset; ///< file name, "" when the data are x.sigmf-data
    std::string sha512;
    std::string description;
    std::vector<Capture> captures;           ///< ordered by sample_start
    std::vector<OpenAnnotation> annotations; ///< ordered by sample_start
    SigmfNotes notes;
};

/// `where` names the file. Throws `Error` naming the key that is missing or malformed.
SigmfMeta parse_sigmf_meta(const std::string& text, const std::string& where);

/// The bytes that hold a recording's samples: a file, or a stretch of an archive.
struct SigmfDataset {
    std::string path;        ///< to open
    std::string name;        ///< for messages
    std::uint64_t begin = 0; ///< in `path`
    std::uint64_t size = 0;
};

/// Metadata and data together: where each sample lies, everything counted from the first one there.
/// Throws `Error` where they contradict each other; `where` names the metadata.
RecordingLayout lay_out(const SigmfMeta& meta, const std::string& where, const SigmfDataset& data,
                        const RawOptions& raw);

/// The two files of one SigMF recording, and their name without ending.
struct SigmfPair {
    std::string meta;
    std::string data;
    std::string stem;
};

/// From x.sigmf-meta, x.sigmf-data or x itself; nothing is looked up.
SigmfPair sigmf_pair(const std::string& path);

/// An entry of "annotations".
nlohmann::json annotation_json(const Annotation& annotation);

/// The text of a .sigmf-meta file. `sha512` is left out when empty.
std::string sigmf_meta_text(const RecordingInfo& info, const std::string& sha512);

} // namespace prunedamr::recording
