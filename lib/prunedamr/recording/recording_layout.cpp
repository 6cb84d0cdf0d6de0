// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/recording/recording_layout.h"

#include "prunedamr/base/error.h"
#include "prunedamr/recording/file_name_hints.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>

namespace prunedamr::recording {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHeadBytes = 4096;

std::string hz(double value)
{
    return nlohmann::json(value).dump() + " Hz";
}

/// Files of others that hold no samples as they stand: a header is never taken for samples.
struct Foreign {
    std::string_view magic;
    const char* name;
};

constexpr Foreign kForeign[] = {
    { "PK\x03\x04", "a ZIP archive" },
    { { "7z\xbc\xaf\x27\x1c", 6 }, "a 7-Zip archive" },
    { "Rar!\x1a\x07", "a RAR archive" },
    { "fLaC", "FLAC" },
    { "OggS", "Ogg" },
    { "\x89HDF\r\n\x1a\n", "HDF5" },
    { "MATLAB 5.0 MAT-file", "a MATLAB file" },
    { { "\xd4\xc3\xb2\xa1\x02\0", 6 }, "a packet capture (pcap)" },
    { "\x0a\x0d\x0d\x0a", "a packet capture (pcapng)" },
    { "\x04\x22\x4d\x18", "LZ4" },
};

bool is_foreign(const Input& input)
{
    const std::string_view head(input.head);
    return std::any_of(std::begin(kForeign), std::end(kForeign), [&](const Foreign& foreign) {
        return head.substr(0, foreign.magic.size()) == foreign.magic;
    });
}

RecordingLayout refuse_foreign(Input& input, const RawOptions&)
{
    const std::string_view head(input.head);
    for (const auto& foreign : kForeign)
        if (head.substr(0, foreign.magic.size()) == foreign.magic)
            throw Error(
                { "not a recording that is read", input.path, foreign.name, "samples: unpack or convert it" });
    throw Error({ "not a recording that is read", input.path, "", "samples" });
}

constexpr Reader kReaders[] = {
    { "SigMF archive", " .sigmf .tar ",
      [](const Input& input) {
          return input.head.substr(std::min<std::size_t>(input.head.size(), 257), 5) == "ustar";
      },
      open_sigmf_archive },
    { "WAV", " .wav .wave .rf64 .bw64 ", is_wav, open_wav },
    { "SDRangel", " .sdriq ", is_sdriq, open_sdriq },
    { "BLUE", " .blue .prm .cdif .tmp ", is_blue, open_blue },
    { "NumPy", " .npy ", is_npy, open_npy },
    { "XML header", " .uff ", is_xml_headed, open_xml_headed },
    { "GNU Radio metadata", "", is_gnuradio_meta, open_gnuradio_meta },
    { "VITA 49", " .vita49 .vita .vrt .v49 .difi ", is_vita49, open_vita49 },
    { "foreign", "", is_foreign, refuse_foreign },
};

std::string lower_extension(const std::string& name)
{
    std::string extension = fs::path(name).extension().string();
    for (char& c : extension)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return extension;
}

bool has_extension(const Reader& reader, const std::string& extension)
{
    return !extension.empty() && std::strstr(reader.extensions, (" " + extension + " ").c_str()) != nullptr;
}

} // namespace

void Notes::add(const std::string& kind, const std::string& example)
{
    const auto known = std::find_if(notes_.begin(), notes_.end(), [&](const Note& n) { return n.kind == kind; });
    if (known == notes_.end())
        notes_.push_back({ kind, example, 1 });
    else
        ++known->times;
}

std::vector<std::string> Notes::lines(const std::string& where) const
{
    std::vector<std::string> lines;
    for (const auto& [kind, first, times] : notes_)
        lines.push_back(where + ": " + kind + " (" +
                        (times > 1 ? std::to_string(times) + " times, first: " : std::string()) + first + ")");
    return lines;
}

Input open_input(const std::string& path)
{
    return open_input(open_file(path));
}

Input open_input(std::unique_ptr<ByteSource> bytes)
{
    Input input;
    input.path = bytes->path();
    input.bytes = decompressed(std::move(bytes), input.notes);
    input.name = input.bytes->is_compressed() ? without_compression(input.path) : input.path;
    input.head = input.bytes->some(0, kHeadBytes);
    return input;
}

RecordingLayout open_layout(const std::string& path, const RawOptions& raw)
{
    const std::string plain = without_compression(path); // x.sigmf-data.zst
    for (const std::string& name : { path, plain })
        if (is_sigmf(name))
            return open_sigmf(name, raw);
    Input input = open_input(path);
    return open_layout(input, raw);
}

RecordingLayout open_layout(Input& input, const RawOptions& raw)
{
    for (const auto& reader : kReaders)
        if (reader.recognizes(input))
            return reader.open(input, raw);
    const std::string extension = lower_extension(input.name);
    for (const auto& reader : kReaders) // says what is wrong, unless the user knows better
        if (!raw.format && has_extension(reader, extension))
            return reader.open(input, raw);
    return open_raw(input, raw);
}

bool is_recording(const std::string& path)
{
    std::error_code failure;
    if (is_sigmf(path) || path.find(".sigmf#") != std::string::npos)
        return true;
    const std::string extension = lower_extension(without_compression(path));
    if (format_of_extension(extension) || hints_from_file_name(without_compression(path)).format ||
        std::any_of(std::begin(kReaders), std::end(kReaders),
                    [&](const Reader& reader) { return has_extension(reader, extension); }))
        return true;
    if (!fs::is_regular_file(path, failure))
        return false;
    try {
        const Input input = open_input(path);
        return std::any_of(std::begin(kReaders), std::end(kReaders) - 1,
                           [&](const Reader& reader) { return reader.recognizes(input); });
    } catch (const Error&) {
        return false;
    }
}

const char* container_of(const std::string& head)
{
    if (const char* compression = compression_of(head))
        return compression;
    Input input;
    input.head = head;
    for (const auto& foreign : kForeign)
        if (std::string_view(head).substr(0, foreign.magic.size()) == foreign.magic)
            return foreign.name;
    return is_wav(input) ? "WAV" : is_npy(input) ? "NumPy" : is_blue(input) ? "BLUE" : nullptr;
}

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
    if (!(rate > 0.0) || !std::isfinite(rate))
        throw Error({ absent, path, "", "a sample rate in Hz; option: --rate" });
    if (file_rate_hz > 0.0 && rate != file_rate_hz)
        throw Error({ "sample rate contradicts the metadata", path, hz(rate), hz(file_rate_hz) });
    return rate;
}

void check_format_agrees(const std::string& path, SampleFormat of_file, const RawOptions& raw)
{
    if (raw.format && *raw.format != of_file)
        throw Error({ "format contradicts the metadata", path, to_string(*raw.format), to_string(of_file) });
}

std::uint64_t whole_frames(const std::string& path, std::uint64_t bytes, SampleFormat format, int channels,
                           Notes& notes)
{
    const auto frame = static_cast<std::uint64_t>(bytes_per_sample(format)) * static_cast<std::uint64_t>(channels);
    if (bytes < frame * (is_real(format) ? 2 : 1))
        throw Error({ "recording holds no samples", path, std::to_string(bytes) + " bytes", "samples" });
    if (bytes % frame != 0)
        notes.add("the last sample is cut, it is left out",
                  std::to_string(bytes) + " bytes are no multiple of " + std::to_string(frame) + " of " +
                      to_string(format) + (channels > 1 ? ", " + std::to_string(channels) + " channels" : ""));
    return bytes / frame;
}

void choose_channel(std::uint64_t channels, const char* name, const std::string& where, const RawOptions& raw,
                    RecordingLayout& layout, Notes& notes)
{
    if (channels < 1 || channels > static_cast<std::uint64_t>(kMaxChannels))
        throw Error(
            { "bad " + std::string(name), where, std::to_string(channels), "1.." + std::to_string(kMaxChannels) });
    layout.channels = static_cast<int>(channels);
    layout.channel = raw.channel.value_or(0);
    if (layout.channel < 0 || layout.channel >= layout.channels)
        throw Error({ "no such channel", where, std::to_string(layout.channel),
                      "0.." + std::to_string(layout.channels - 1) });
    if (layout.channels > 1 && !raw.channel)
        notes.add("several channels, the first is read", std::string(name) + " " + std::to_string(layout.channels) +
                                                             ": choose by channel 0.." +
                                                             std::to_string(layout.channels - 1));
}

void add_range(RecordingLayout& layout, std::uint64_t count, std::uint64_t offset)
{
    const auto frame = static_cast<std::uint64_t>(bytes_per_sample(layout.info.format)) *
                       static_cast<std::uint64_t>(layout.channels);
    auto& ranges = layout.ranges;
    if (!ranges.empty() && ranges.back().file_offset + ranges.back().sample_count * frame == offset)
        ranges.back().sample_count += count;
    else if (count > 0)
        ranges.push_back({ layout.info.sample_count, count, offset });
    layout.info.sample_count += count;
}

RecordingLayout layout_of(const Header& header, Input& input, const RawOptions& raw)
{
    RecordingLayout layout;
    layout.bytes = input.bytes;
    RecordingInfo& info = layout.info;
    info.format = header.format;
    check_format_agrees(input.path, info.format, raw);
    const FileNameHints hints = hints_from_file_name(input.name);
    const double rate = header.sample_rate_hz > 0.0 || raw.sample_rate_hz ? header.sample_rate_hz
                                                                          : hints.sample_rate_hz.value_or(0.0);
    info.sample_rate_hz = agreed_rate(input.path, rate, raw, "sample rate is not known");
    choose_channel(header.channels, "channels", input.path, raw, layout, input.notes);
    const std::uint64_t size = input.bytes->size();
    if (header.begin >= size)
        throw Error({ "recording holds no samples", input.path, "0 bytes", "samples" });
    if (header.end > size)
        input.notes.add("the file is shorter than its header says, it was cut",
                        std::to_string(size - header.begin) + " of " + std::to_string(header.end - header.begin) +
                            " bytes of samples");
    const std::uint64_t end = std::min(header.end, size);
    const std::uint64_t bytes = end - std::min(end, header.begin);
    add_range(layout, whole_frames(input.path, bytes, info.format, layout.channels, input.notes), header.begin);
    const auto frame = static_cast<std::uint64_t>(bytes_per_sample(info.format) * layout.channels);
    for (const auto& [begin, stretch_end] : header.more)
        add_range(layout, (std::min(stretch_end, size) - std::min(begin, size)) / frame, begin);
    layout.scale = header.scale;
    layout.q_first = header.q_first;
    const auto freq = header.center_freq_hz ? header.center_freq_hz : hints.center_freq_hz;
    info.time_ns = header.time_ns ? header.time_ns : hints.time_ns;
    info.captures = { { 0, freq, info.time_ns } };
    finish(layout, input.path, input.notes);
    return layout;
}

void finish(RecordingLayout& layout, const std::string& where, const Notes& notes)
{
    RecordingInfo& info = layout.info;
    info.warnings = notes.lines(where);
    if (info.captures.empty())
        info.captures.push_back({});
    if (is_real(info.format)) {
        const double shift_hz = info.sample_rate_hz / 4.0; // 0 Hz of the real samples is the lower edge
        info.sample_rate_hz /= 2.0;
        info.sample_count /= 2;
        std::vector<Capture> captures;
        for (Capture capture : info.captures) {
            capture.sample_start /= 2;
            if (capture.global_index)
                *capture.global_index /= 2;
            capture.center_freq_hz = capture.center_freq_hz.value_or(0.0) + shift_hz;
            if (!captures.empty() && captures.back().sample_start == capture.sample_start)
                captures.back() = capture;
            else if (capture.sample_start < info.sample_count)
                captures.push_back(capture);
        }
        info.captures = std::move(captures);
        std::vector<Annotation> annotations;
        for (Annotation& annotation : info.annotations) {
            annotation.sample_start /= 2;
            annotation.sample_count =
                std::min(annotation.sample_count / 2,
                         info.sample_count - std::min(info.sample_count, annotation.sample_start));
            if (annotation.sample_start < info.sample_count)
                annotations.push_back(std::move(annotation));
        }
        info.annotations = std::move(annotations);
    }
    info.center_freq_hz = info.captures[0].center_freq_hz.value_or(0.0);
    info.time_ns = info.captures[0].time_ns;
}

std::uint64_t number_at(const std::string& bytes, std::size_t offset, std::size_t count, bool big_endian)
{
    if (offset > bytes.size() || count > bytes.size() - offset)
        return 0;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i)
        value |= std::uint64_t{ static_cast<unsigned char>(bytes[offset + i]) }
                 << 8 * (big_endian ? count - 1 - i : i);
    return value;
}

double double_at(const std::string& bytes, std::size_t offset, bool big_endian)
{
    const std::uint64_t bits = number_at(bytes, offset, 8, big_endian);
    double value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

std::optional<std::int64_t> time_of_seconds(double seconds)
{
    if (!(seconds > 0.0 && seconds < 9.2e9))
        return std::nullopt;
    const double whole = std::floor(seconds);
    return static_cast<std::int64_t>(whole) * 1'000'000'000 + static_cast<std::int64_t>((seconds - whole) * 1e9);
}

} // namespace prunedamr::recording
