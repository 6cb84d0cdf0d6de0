// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

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
constexpr const char* kSigmfArchiveEnding = ".sigmf";

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
    std::string bad_sample_rate; ///< what stands there, if it is no number
    std::uint64_t channels = 1;
    std::uint64_t offset = 0;
    std::uint64_t trailing_bytes = 0;
    bool metadata_only = false;
    std::string dataset; ///< file name, "" when the data are x.sigmf-data
    std::string sha512;
    std::string description;
    std::vector<Capture> captures;           ///< ordered by sample_start
    std::vector<OpenAnnotation> annotations; ///< ordered by sample_start
    Notes notes;
};

/// The object that is SigMF metadata; what is no strict JSON but can be read (NaN, letters that are no UTF-8) is
/// noted. Throws `Error` with line and column.
nlohmann::json parse_sigmf_json(const std::string& text, const std::string& where, Notes& notes);

/// Takes the elements of the top object's "annotations" out, but for their ends of lines, by which errors are
/// found.
void remove_annotations(std::string& text);

/// `where` names the file. What is malformed and not needed for the samples is noted and left out, or taken for
/// what it means: numbers in quotes, NaN in place of null. Throws `Error` for what is no JSON, with line and
/// column, and naming the key without which samples cannot be found.
SigmfMeta parse_sigmf_meta(std::string text, const std::string& where, bool skip_annotations = false);

/// The bytes that hold a recording's samples: a file, or a stretch of an archive.
struct SigmfDataset {
    std::shared_ptr<ByteSource> bytes;
    std::string name;        ///< for messages
    std::uint64_t begin = 0; ///< in `bytes`
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

/// From x.sigmf-meta, x.sigmf-data or x itself. Looked up is only whether the metadata are x.sigmf-data.sigmf-meta.
SigmfPair sigmf_pair(const std::string& path);

/// Entries of "captures" and "annotations".
nlohmann::json capture_json(const Capture& capture);
nlohmann::json annotation_json(const Annotation& annotation);

/// The text of a .sigmf-meta file. `sha512` is left out when empty.
std::string sigmf_meta_text(const RecordingInfo& info, const std::string& sha512);

} // namespace prunedamr::recording
