// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/data/recording/file_name_hints.h"
#include "prunedamr/data/recording/recording_layout.h"

#include <filesystem>

namespace prunedamr::data {

RecordingLayout open_raw(const std::string& path, const RawOptions& raw)
{
    const std::uint64_t size = checked_size(path);
    const FileNameHints hints = hints_from_file_name(path);
    const auto format = raw.format ? raw.format : hints.format;
    const std::string ending = std::filesystem::path(path).extension().string();
    if (!format)
        throw Error({ "sample format is not known", path, ending.empty() ? "no extension" : ending,
                      "a format (cu8, ci8, ci16_le, cf32_le, ...), a SigMF or WAV recording, or one of the "
                      "extensions " +
                          raw_extensions() });
    RecordingLayout layout;
    layout.path = path;
    RecordingInfo& info = layout.info;
    info.format = *format;
    // The name is a hint only: an option may say otherwise.
    info.sample_rate_hz = agreed_rate(path, raw.sample_rate_hz ? 0.0 : hints.sample_rate_hz.value_or(0.0), raw,
                                      "sample rate is not known");
    info.sample_count = whole_frames(path, size, info.format, 1);
    info.center_freq_hz = hints.center_freq_hz.value_or(0.0);
    info.time_ns = hints.time_ns;
    info.captures = { { 0, hints.center_freq_hz, hints.time_ns } };
    layout.ranges = { { 0, info.sample_count, 0 } };
    return layout;
}

} // namespace prunedamr::data
