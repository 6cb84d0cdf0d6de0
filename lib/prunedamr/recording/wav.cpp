// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/base/time.h"
#include "prunedamr/recording/file_name_hints.h"
#include "prunedamr/recording/recording_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace prunedamr::recording {
namespace {

constexpr std::uint16_t kPcm = 1;
constexpr std::uint16_t kFloat = 3;
constexpr std::uint16_t kExtensible = 0xfffe;
constexpr std::uint64_t kNotKnown = 0x7ffff000; ///< recorders that stream write this or more, or 0
constexpr std::size_t kRiffBytes = 12;
constexpr std::uint64_t kMaxBytes = std::uint64_t{ 1 } << 62;
constexpr std::uint64_t kFormatBytes = 16;
constexpr std::uint64_t kExtensibleBytes = 40;
constexpr std::size_t kMaxSmallChunk = 64 << 10;
constexpr double kTwoTo32 = 4294967296.0;

/// What SDR programs add in an "auxi" chunk.
struct WavAuxi {
    std::optional<double> center_freq_hz;
    std::optional<std::int64_t> time_ns; ///< of the first sample, UTC
};

struct Chunk {
    std::string id;
    std::uint64_t offset; ///< of its content
    std::uint64_t size;   ///< as stated
};

struct WavFormat {
    std::uint64_t tag;
    std::uint64_t channels;
    double sample_rate_hz;
    std::uint64_t frame_bytes;
    std::uint64_t bits;
};

/// The chunks of one file, as they come.
struct WavFile {
    explicit WavFile(Input& opened) : input(opened), file(*opened.bytes), size(file.size()) {}

    void read_chunks();
    void read(const Chunk& chunk);
    std::uint64_t data_size() const;

    Input& input;
    ByteSource& file;
    std::uint64_t size;
    std::optional<std::uint64_t> data_size_64; ///< of RF64 and BW64
    std::optional<WavFormat> format;
    std::optional<Chunk> data;    ///< the first one
    std::vector<Chunk> more_data; ///< of KiwiSDR, with the time in a "kiwi" chunk before each
    bool is_kiwi = false;
    WavAuxi auxi;
};

WavAuxi read_wav_auxi(const std::string& content);

void WavFile::read_chunks()
{
    std::uint64_t offset = kRiffBytes;
    while (size - offset >= 8) {
        const std::string header = file.text(offset, 8, 8);
        const Chunk chunk{ header.substr(0, 4), offset + 8, number_at(header, 4, 4) };
        if (!std::all_of(chunk.id.begin(), chunk.id.end(), [](char c) { return c >= ' ' && c <= '~'; }))
            break; // behind the end, as of a file that was made longer beforehand
        read(chunk);
        const bool is_first = data && chunk.id == "data" && chunk.offset == data->offset;
        const std::uint64_t content = is_first ? data_size() : chunk.size;
        const std::uint64_t left = size - chunk.offset;
        if (content >= left || (is_first && !is_kiwi && file.is_compressed())) // not through gigabytes for little
            break;
        offset = chunk.offset + std::min(content + content % 2, left);
    }
}

void WavFile::read(const Chunk& chunk)
{
    const auto content = [&] { return file.text(chunk.offset, chunk.size, kMaxSmallChunk); };
    if (chunk.id == "ds64" && chunk.size >= 16)
        data_size_64 = number_at(file.text(chunk.offset + 8, 8, 8), 0, 8);
    if (chunk.id == "auxi" && chunk.size <= kMaxSmallChunk)
        auxi = read_wav_auxi(file.some(chunk.offset, chunk.size));
    is_kiwi = is_kiwi || chunk.id == "kiwi";
    if (chunk.id == "data" && data && is_kiwi)
        more_data.push_back(chunk);
    if (chunk.id == "data" && !data)
        data = chunk;
    if (chunk.id != "fmt ")
        return;
    if (chunk.size < kFormatBytes)
        throw Error({ "malformed WAV: 'fmt ' is short", input.path, std::to_string(chunk.size) + " bytes", "16" });
    const std::string text = content();
    format = WavFormat{ number_at(text, 0, 2), number_at(text, 2, 2), static_cast<double>(number_at(text, 4, 4)),
                        number_at(text, 12, 2), number_at(text, 14, 2) };
    if (format->tag == kExtensible && chunk.size >= kExtensibleBytes)
        format->tag = number_at(text, 24, 2); // the first two bytes of the sub-format's GUID
}

/// The stated size, or all that is left where the writer did not know it, 32 bits did not hold it, or the file was
/// cut.
std::uint64_t WavFile::data_size() const
{
    const std::uint64_t left = size - data->offset;
    const bool is_64 = data_size_64 && data->size == 0xffffffff;
    const std::uint64_t stated = is_64 ? *data_size_64 : data->size;
    const bool wrapped = !is_64 && left >> 32 != 0 && (left & 0xffffffff) == stated;
    const bool not_known = stated == 0 || (!is_64 && stated >= kNotKnown && stated > left);
    if (wrapped || not_known)
        return not_known && format && format->frame_bytes ? left - left % format->frame_bytes : left;
    return stated;
}

/// One channel is real-valued, two are I and Q, an even number are pairs of several receivers.
SampleFormat sample_format_of(const WavFormat& format, const std::string& path)
{
    struct Row {
        std::uint64_t tag, bits;
        SampleFormat pair, real;
    };
    using F = SampleFormat;
    constexpr Row kRows[] = { { kPcm, 8, F::cu8, F::ru8 },
                              { kPcm, 16, F::ci16_le, F::ri16_le },
                              { kPcm, 24, F::ci24_le, F::ri24_le },
                              { kPcm, 32, F::ci32_le, F::ri32_le },
                              { kFloat, 32, F::cf32_le, F::rf32_le },
                              { kFloat, 64, F::cf64_le, F::rf64_le } };
    for (const auto& row : kRows)
        if (row.tag == format.tag && row.bits == format.bits && format.channels > 0 &&
            format.frame_bytes == format.channels * static_cast<std::uint64_t>(bytes_per_sample(row.real)))
            return format.channels % 2 == 0 ? row.pair : row.real;
    throw Error({ "WAV encoding is not read", path,
                  "format " + std::to_string(format.tag) + ", " + std::to_string(format.bits) + " bits, " +
                      (format.channels == 2 ? "" : std::to_string(format.channels) + " channels, ") +
                      std::to_string(format.frame_bytes) + " bytes per " +
                      (format.channels == 2 ? "pair" : "frame"),
                  "PCM (1) of 8, 16, 24, 32 bits or IEEE float (3) of 32, 64" });
}

/// auxi has 32 bits for the frequency: from 4.3 GHz on the file's name knows the rest.
std::optional<double> center_freq(const WavAuxi& auxi, const FileNameHints& hints)
{
    if (!auxi.center_freq_hz)
        return hints.center_freq_hz;
    const bool wrapped = hints.center_freq_hz && *hints.center_freq_hz > *auxi.center_freq_hz &&
                         std::fmod(*hints.center_freq_hz - *auxi.center_freq_hz, kTwoTo32) == 0.0;
    return wrapped ? hints.center_freq_hz : auxi.center_freq_hz;
}

} // namespace

bool is_wav(const Input& input)
{
    const std::string kind = input.head.substr(0, 4);
    return kind == "RF64" || kind == "BW64" || kind == "RIFX" || kind == "RIFF";
}

RecordingLayout open_wav(Input& input, const RawOptions& raw)
{
    const std::string& path = input.path;
    const std::string kind = input.head.substr(0, 4);
    if (input.head.size() < kRiffBytes || !is_wav(input) || kind == "RIFX" || input.head.substr(8, 4) != "WAVE")
        throw Error({ kind == "RIFX" ? "big-endian WAV is not read" : "not a WAV file", path, "",
                      "RIFF, RF64 or BW64, then WAVE" });
    WavFile wav(input);
    wav.read_chunks();
    if (!wav.format || !wav.data)
        throw Error({ "truncated WAV", path, wav.format ? "no 'data' chunk" : "no 'fmt ' chunk", "both" });
    const FileNameHints hints = hints_from_file_name(input.name);
    Header header;
    header.format = sample_format_of(*wav.format, path);
    header.sample_rate_hz = wav.format->sample_rate_hz;
    header.channels = wav.format->channels / (is_real(header.format) ? 1 : 2);
    header.center_freq_hz = center_freq(wav.auxi, hints);
    header.time_ns = wav.auxi.time_ns;
    header.begin = wav.data->offset;
    header.end = wav.data->offset + std::min(wav.data_size(), kMaxBytes);
    for (const Chunk& chunk : wav.more_data)
        header.more.emplace_back(chunk.offset, chunk.offset + chunk.size);
    return layout_of(header, input, raw);
}

namespace {

constexpr std::size_t kFrequencyOffset = 32; ///< behind start and stop time
constexpr std::int64_t kNsPerMs = 1'000'000;

int u16(const std::string& bytes, std::size_t offset)
{
    return static_cast<unsigned char>(bytes[offset]) | static_cast<unsigned char>(bytes[offset + 1]) << 8;
}

/// Windows' SYSTEMTIME: year, month, day of week, day, hour, minute, second, millisecond.
std::optional<std::int64_t> windows_time_ns(const std::string& bytes)
{
    const std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", u16(bytes, 0), u16(bytes, 2),
                                         u16(bytes, 6), u16(bytes, 8), u16(bytes, 10), u16(bytes, 12));
    try {
        return time_from_rfc3339(text, "auxi") + std::min(u16(bytes, 14), 999) * kNsPerMs;
    } catch (const Error&) { // recorders that do not know the time leave zeros
        return std::nullopt;
    }
}

/// The whole number in KEY="..."
std::optional<std::int64_t> attribute(const std::string& xml, const std::string& key)
{
    const std::string opening = " " + key + "=\"";
    const auto found = xml.find(opening);
    if (found == std::string::npos)
        return std::nullopt;
    const char* begin = xml.data() + found + opening.size();
    std::int64_t value = 0;
    const auto result = std::from_chars(begin, xml.data() + xml.size(), value);
    if (result.ec != std::errc() || value <= 0)
        return std::nullopt;
    return value;
}

WavAuxi read_xml(std::string xml)
{
    constexpr std::int64_t kLatestSeconds = 9'000'000'000;           // nanoseconds fit in 63 bits
    xml.erase(std::remove(xml.begin(), xml.end(), '\0'), xml.end()); // UTF-16 of ASCII
    WavAuxi auxi;
    if (const auto freq = attribute(xml, "RadioCenterFreq"))
        auxi.center_freq_hz = static_cast<double>(*freq);
    const auto seconds = attribute(xml, "UTCSeconds");
    if (seconds && *seconds < kLatestSeconds)
        auxi.time_ns = *seconds * 1000 * kNsPerMs;
    return auxi;
}

WavAuxi read_wav_auxi(const std::string& content)
{
    if (content.substr(0, 64).find("<?xml") != std::string::npos || content.substr(0, 2) == std::string("<\0", 2) ||
        content.substr(0, 3) == std::string("\xff\xfe<", 3))
        return read_xml(content);
    WavAuxi auxi;
    if (content.size() < kFrequencyOffset + 4)
        return auxi;
    auxi.time_ns = windows_time_ns(content);
    const double freq = u16(content, kFrequencyOffset) + 65536.0 * u16(content, kFrequencyOffset + 2);
    if (freq > 0.0)
        auxi.center_freq_hz = freq;
    return auxi;
}

} // namespace
} // namespace prunedamr::recording
