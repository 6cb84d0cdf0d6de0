// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/recording/recording.h"

#include "prunedamr/base/error.h"
#include "prunedamr/recording/file_name_hints.h"
#include "prunedamr/recording/read_only_file.h"
#include "prunedamr/recording/recording_layout.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>

namespace prunedamr::recording {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBufferBytes = 64 << 10;
static_assert(kBufferBytes >= std::size_t{ 16 } * kMaxChannels, "holds a frame");

std::string hz(double value)
{
    return nlohmann::json(value).dump() + " Hz";
}

RecordingLayout open_layout(const std::string& path, const RawOptions& raw)
{
    if (is_sigmf(path))
        return open_sigmf(path, raw);
    return is_wav(path) ? open_wav(path, raw) : open_raw(path, raw);
}

} // namespace

std::uint64_t checked_size(const std::string& path)
{
    std::error_code failure;
    const auto status = fs::status(path, failure);
    if (!fs::exists(status))
        throw SystemError({ "no such file", path, "", "" }, ENOENT);
    if (!fs::is_regular_file(status))
        throw SystemError({ "cannot read", path, fs::is_directory(status) ? "a folder" : "a device or pipe",
                            fs::is_directory(status) ? "a recording" : "a file; pipes go to standard input" },
                          fs::is_directory(status) ? EISDIR : 0);
    const auto size = fs::file_size(path, failure);
    if (failure)
        throw SystemError({ "cannot read", path, failure.message(), "" }, failure.value());
    if (size == 0)
        throw Error({ "file is empty", path, "0 bytes", "samples" });
    return size;
}

double agreed_rate(const std::string& path, double file_rate_hz, const RawOptions& raw, const char* absent)
{
    const double rate = raw.sample_rate_hz.value_or(file_rate_hz);
    if (raw.sample_rate_hz && !(std::isfinite(rate) && rate > 0.0))
        throw Error({ "bad sample rate", path, nlohmann::json(rate).dump(), "above 0 Hz" });
    if (rate <= 0.0)
        throw Error({ absent, path, "", "a sample rate in Hz" });
    if (file_rate_hz > 0.0 && rate != file_rate_hz)
        throw Error({ "sample rate contradicts the metadata", path, hz(rate), hz(file_rate_hz) });
    return rate;
}

void check_format_agrees(const std::string& path, SampleFormat of_file, const RawOptions& raw)
{
    if (raw.format && *raw.format != of_file)
        throw Error({ "format contradicts the metadata", path, to_string(*raw.format), to_string(of_file) });
}

std::uint64_t whole_frames(const std::string& path, std::uint64_t bytes, SampleFormat format, int channels)
{
    const auto frame = static_cast<std::uint64_t>(bytes_per_sample(format)) * static_cast<std::uint64_t>(channels);
    if (bytes % frame != 0)
        throw Error({ "truncated recording", path, std::to_string(bytes) + " bytes",
                      "a multiple of " + std::to_string(frame) + " (" + to_string(format) +
                          (channels > 1 ? ", " + std::to_string(channels) + " channels)" : ")") });
    if (bytes == 0)
        throw Error({ "recording holds no samples", path, "0 bytes", "samples" });
    return bytes / frame;
}

struct Recording::Impl {
    RecordingLayout layout;
    ReadOnlyFile file;
    std::vector<std::byte> buffer = std::vector<std::byte>(kBufferBytes);
    std::uint64_t position = 0; ///< sample that is read next
    std::size_t range = 0;      ///< that holds it

    Impl(const std::string& path, const RawOptions& raw) : layout(open_layout(path, raw)), file(layout.path) {}

    std::size_t sample_bytes() const { return static_cast<std::size_t>(bytes_per_sample(layout.info.format)); }

    /// Reads at most one buffer out of one range.
    std::size_t read_piece(std::complex<float>* samples, std::size_t count)
    {
        while (position >= layout.ranges[range].first_sample + layout.ranges[range].sample_count)
            ++range;
        const SampleRange& here = layout.ranges[range];
        const std::size_t frame = sample_bytes() * static_cast<std::size_t>(layout.channels);
        const std::uint64_t left = here.first_sample + here.sample_count - position;
        const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>({ count, left, kBufferBytes / frame }));
        file.read(here.file_offset + (position - here.first_sample) * frame, buffer.data(), piece * frame);
        if (layout.channels > 1)
            pick_channel(piece, frame);
        convert(layout.info.format, buffer.data(), piece, samples);
        position += piece;
        return piece;
    }

    void pick_channel(std::size_t count, std::size_t frame)
    {
        const std::byte* from = buffer.data() + static_cast<std::size_t>(layout.channel) * sample_bytes();
        for (std::size_t i = 0; i < count; ++i)
            std::memmove(buffer.data() + i * sample_bytes(), from + i * frame, sample_bytes());
    }
};

Recording::Recording(const std::string& path, const RawOptions& raw) : impl_(std::make_unique<Impl>(path, raw)) {}
Recording::~Recording() = default;
Recording::Recording(Recording&&) noexcept = default;

const RecordingInfo& Recording::info() const
{
    return impl_->layout.info;
}

std::size_t Recording::read(std::complex<float>* samples, std::size_t count)
{
    const std::uint64_t left = impl_->layout.info.sample_count - impl_->position;
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(count, left));
    std::size_t done = 0;
    while (done < wanted)
        done += impl_->read_piece(samples + done, wanted - done);
    return done;
}

void Recording::seek(std::uint64_t sample)
{
    PRUNEDAMR_CHECK(sample <= impl_->layout.info.sample_count, "seek behind the end of a recording");
    const auto& ranges = impl_->layout.ranges;
    const auto behind = std::upper_bound(ranges.begin(), ranges.end(), sample,
                                         [](std::uint64_t s, const SampleRange& r) { return s < r.first_sample; });
    impl_->range = static_cast<std::size_t>(behind - ranges.begin()) - 1;
    impl_->position = sample;
}

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

} // namespace prunedamr::recording
