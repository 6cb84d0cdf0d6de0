// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/recording/recording.h"

namespace prunedamr::recording {

/// Samples that follow each other in the file.
struct SampleRange {
    std::uint64_t first_sample;
    std::uint64_t sample_count;
    std::uint64_t file_offset; ///< in bytes, of first_sample
};

/// Where the samples of a recording lie; what each container (SigMF, WAV, raw) finds out.
struct RecordingLayout {
    std::string path; ///< the file that holds the samples
    RecordingInfo info;
    std::vector<SampleRange> ranges; ///< in order, gapless from sample 0, not empty ones, inside the file
    int channels = 1;                ///< interleaved
    int channel = 0;                 ///< the one to read
};

/// More interleaved channels than any receiver has; bounds what a file can make us buffer.
constexpr int kMaxChannels = 1024;

bool is_sigmf(const std::string& path);
RecordingLayout open_sigmf(const std::string& path, const RawOptions& raw);
bool is_wav(const std::string& path);
RecordingLayout open_wav(const std::string& path, const RawOptions& raw);
RecordingLayout open_raw(const std::string& path, const RawOptions& raw);

/// Size in bytes of a regular file that must exist and hold something.
std::uint64_t checked_size(const std::string& path);

/// What the option says and what the file says (`file_rate_hz` <= 0: nothing) must agree; one must be there.
double agreed_rate(const std::string& path, double file_rate_hz, const RawOptions& raw, const char* absent);
void check_format_agrees(const std::string& path, SampleFormat of_file, const RawOptions& raw);

/// `bytes` must be a whole number of frames (one sample of each channel); returns how many.
std::uint64_t whole_frames(const std::string& path, std::uint64_t bytes, SampleFormat format, int channels);

} // namespace prunedamr::recording
