// SPDX-License-Identifier: GPL-3.0-or-later
// Containers of one header: SDRangel, NumPy, XML, BLUE.
#include "prunedamr/base/deflate.h"
#include "prunedamr/base/error.h"
#include "prunedamr/base/time.h"
#include "prunedamr/recording/recording_layout.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <regex>

namespace prunedamr::recording {
namespace {

namespace fs = std::filesystem;
using F = SampleFormat;

constexpr std::size_t kSdriqBytes = 32;
constexpr double kFirstMillisecond = 1e11; ///< times were seconds in older files

/// "KEY" in text like KEY="VALUE" or 'KEY': 'VALUE'; "" where it is not.
std::string first_match(const std::string& text, const char* pattern)
{
    std::smatch found;
    return std::regex_search(text, found, std::regex(pattern)) ? found[1].str() : std::string();
}

double number_or_zero(const std::string& text)
{
    std::size_t used = 0;
    try {
        const double value = std::stod(text, &used);
        return std::isfinite(value) ? value : 0.0;
    } catch (const std::exception&) {
        return 0.0;
    }
}

} // namespace

/// https://github.com/f4exb/sdrangel, plugins/samplesource/fileinput/readme.md: rate, center, time, bits, filler,
/// CRC-32.
bool is_sdriq(const Input& input)
{
    return input.head.size() >= kSdriqBytes && number_at(input.head, 0, 4) > 0 &&
           crc32(std::string_view(input.head).substr(0, 28)) == number_at(input.head, 28, 4);
}

RecordingLayout open_sdriq(Input& input, const RawOptions& raw)
{
    const std::uint64_t bits = number_at(input.head, 20, 4);
    if (bits != 16 && bits != 24)
        throw Error({ "not a .sdriq header", input.path, std::to_string(bits) + " bits per sample", "16 or 24" });
    if (!is_sdriq(input))
        input.notes.add("the header's checksum is wrong", "CRC-32");
    Header header;
    header.format = bits == 16 ? F::ci16_le : F::ci32_le;
    header.scale = bits == 16 ? 1.0f : 256.0f;
    header.sample_rate_hz = static_cast<double>(number_at(input.head, 0, 4));
    header.center_freq_hz = static_cast<double>(number_at(input.head, 4, 8));
    const double time = static_cast<double>(number_at(input.head, 12, 8));
    header.time_ns = time_of_seconds(time < kFirstMillisecond ? time : time / 1000.0);
    header.begin = kSdriqBytes;
    header.end = input.bytes->size();
    return layout_of(header, input, raw);
}

/// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
bool is_npy(const Input& input)
{
    return input.head.compare(0, 6, "\x93NUMPY") == 0;
}

namespace {

/// Complex numbers of a vector or matrix (rows are channels), pairs of real ones, or real ones in a vector.
Header npy_header(const std::string& description, const std::string& path)
{
    const std::string type = first_match(description, R"('descr'\s*:\s*'([<>|=]?[a-z]\d{1,2})')");
    const std::string shape = first_match(description, R"('shape'\s*:\s*\(([^)]*)\))");
    const Error refusal({ "NumPy array that is not read", path, "type " + type + ", shape (" + shape + ")",
                          "complex numbers, or real ones of shape (N, 2) or (N), in C order" });
    std::vector<std::uint64_t> sizes;
    for (std::size_t at = 0; at < shape.size();) {
        const std::size_t comma = std::min(shape.find(',', at), shape.size());
        const std::string digits = first_match(shape.substr(at, comma - at), R"(^\s*(\d{1,15})\s*$)");
        if (!digits.empty())
            sizes.push_back(std::stoull(digits));
        at = comma + 1;
    }
    if (type.empty() || sizes.empty() || sizes.size() > 2 ||
        first_match(description, R"('fortran_order'\s*:\s*(\w+))") == "True")
        throw refusal;
    const bool big_endian = type[0] == '>';
    const std::string name = type.substr(std::string("<>|=").find(type[0]) == std::string::npos ? 0 : 1);
    struct Row {
        const char* type;
        F little, big;
        bool complex;
    };
    static constexpr Row kRows[] = {
        { "c8", F::cf32_le, F::cf32_be, true },  { "c16", F::cf64_le, F::cf64_be, true },
        { "f4", F::cf32_le, F::cf32_be, false }, { "f8", F::cf64_le, F::cf64_be, false },
        { "i1", F::ci8, F::ci8, false },         { "u1", F::cu8, F::cu8, false },
        { "i2", F::ci16_le, F::ci16_be, false }, { "u2", F::cu16_le, F::cu16_be, false },
        { "i4", F::ci32_le, F::ci32_be, false }, { "u4", F::cu32_le, F::cu32_be, false }
    };
    for (const Row& row : kRows) {
        if (name != row.type)
            continue;
        Header header;
        header.format = big_endian ? row.big : row.little;
        const bool pairs = sizes.size() == 2 && sizes[1] == 2 && !row.complex;
        if (!row.complex && sizes.size() == 1) {
            std::string real = to_string(header.format);
            real[0] = 'r';
            header.format = sample_format(real);
        } else if (!row.complex && !pairs) {
            throw refusal;
        }
        header.channels = row.complex && sizes.size() == 2 ? sizes[0] : 1;
        header.end = sizes.back() == 2 && pairs ? sizes[0] : sizes.back(); // samples, for now
        return header;
    }
    throw refusal;
}

} // namespace

RecordingLayout open_npy(Input& input, const RawOptions& raw)
{
    const bool is_long = number_at(input.head, 6, 1) >= 2;
    const std::uint64_t begin = is_long ? 12 : 10;
    const std::uint64_t length = number_at(input.head, 8, is_long ? 4 : 2);
    if (!is_npy(input) || begin + length > input.head.size())
        throw Error({ "not a .npy file, or its header is too long", input.path, std::to_string(length) + " bytes",
                      "a header of at most 4086" });
    Header header = npy_header(input.head.substr(begin, length), input.path);
    if (header.channels < 1 || header.channels > static_cast<std::uint64_t>(kMaxChannels))
        throw Error({ "bad number of rows", input.path, std::to_string(header.channels),
                      "1.." + std::to_string(kMaxChannels) });
    // Rows lie one behind the other, not interleaved: the chosen one is all that is read.
    const std::uint64_t row_bytes = header.end * static_cast<std::uint64_t>(bytes_per_sample(header.format));
    const auto row = static_cast<std::uint64_t>(raw.channel.value_or(0));
    if (raw.channel && (*raw.channel < 0 || row >= header.channels))
        throw Error({ "no such channel", input.path, std::to_string(*raw.channel),
                      "0.." + std::to_string(header.channels - 1) });
    if (header.channels > 1 && !raw.channel)
        input.notes.add("several rows, the first is read", std::to_string(header.channels) + ": choose by channel");
    header.channels = 1;
    header.begin = begin + length + row * row_bytes;
    header.end = header.begin + row_bytes;
    RawOptions options = raw;
    options.channel.reset();
    return layout_of(header, input, options);
}

/// Qt-DAB, welle.io, AbracaDABra: an XML text, zeros, and the samples from the place that it says.
bool is_xml_headed(const Input& input)
{
    return input.head.compare(0, 5, "<?xml") == 0 && input.head.find("<SDR") != std::string::npos;
}

RecordingLayout open_xml_headed(Input& input, const RawOptions& raw)
{
    const std::string xml = input.head.substr(0, input.head.find('\0'));
    if (!is_xml_headed(input))
        throw Error({ "no XML header before the samples", input.path, "", "<?xml ...><SDR>" });
    const auto scale = [&](const std::string& unit) {
        return unit == "GHz" ? 1e9 : unit == "MHz" ? 1e6 : unit == "KHz" || unit == "kHz" ? 1e3 : 1.0;
    };
    const std::string container = first_match(xml, R"re(<Channels[^>]*\sContainer="(\w{1,10})")re");
    const bool big_endian = first_match(xml, R"re(<Channels[^>]*\sOrdering="(\w{1,10})")re") == "MSB";
    struct Row {
        const char* name;
        F little, big;
    };
    static constexpr Row kRows[] = { { "uint8", F::cu8, F::cu8 },         { "int8", F::ci8, F::ci8 },
                                     { "int16", F::ci16_le, F::ci16_be }, { "uint16", F::cu16_le, F::cu16_be },
                                     { "int24", F::ci24_le, F::ci24_le }, { "int32", F::ci32_le, F::ci32_be },
                                     { "float", F::cf32_le, F::cf32_be }, { "float32", F::cf32_le, F::cf32_be } };
    const auto row =
        std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& r) { return container == r.name; });
    if (row == std::end(kRows) || (container == "int24" && big_endian))
        throw Error({ "XML header with a container that is not read", input.path,
                      container + (big_endian ? ", MSB" : ""),
                      "uint8, int8, int16, uint16, int24, int32 or float" });
    Header header;
    header.format = big_endian ? row->big : row->little;
    const int bits = static_cast<int>(number_or_zero(first_match(xml, R"re(<Channels[^>]*\sBits="(\d{1,2})")re")));
    const int word = 4 * bytes_per_sample(header.format);
    if (container.find("int") == 0 && bits > 1 && bits < word)
        header.scale = static_cast<float>(std::uint64_t{ 1 } << (word - bits));
    header.q_first = first_match(xml, R"re(<Channel\s+Value="(\w)")re") == "Q";
    header.sample_rate_hz = number_or_zero(first_match(xml, R"re(<Samplerate[^>]*\sValue="([\d.]{1,20})")re")) *
                            scale(first_match(xml, R"re(<Samplerate[^>]*\sUnit="(\w{1,5})")re"));
    const double freq = number_or_zero(first_match(xml, R"re(<Frequency[^>]*\sValue="([\d.]{1,20})")re")) *
                        scale(first_match(xml, R"re(<Frequency[^>]*\sUnit="(\w{1,5})")re"));
    if (freq > 0.0)
        header.center_freq_hz = freq;
    const std::string time = first_match(xml, R"re(<Time\s[^>]*Value="([^"]{10,40})")re");
    if (!time.empty() && first_match(xml, R"re(<Time\s[^>]*Unit="(\w{1,5})")re") == "UTC") {
        try {
            header.time_ns = time_from_rfc3339(time, "XML header");
        } catch (const Error&) {
            input.notes.add("the XML header's time is no date and time", time);
        }
    }
    const std::string offset = first_match(xml, R"re(<Datablock\s[^>]*Offset="(\d{1,15})")re");
    header.begin = offset.empty() ? 2048 : std::stoull(offset);
    header.end = input.bytes->size();
    return layout_of(header, input, raw);
}

/// Midas BLUE 1.1: http://nextmidas.techma.com/nm/htdocs/usersguide/BlueFiles.html
bool is_blue(const Input& input)
{
    return input.head.compare(0, 4, "BLUE") == 0;
}

namespace {

constexpr std::size_t kBlueBytes = 512;
constexpr double kBlueEpoch = -631152000.0; ///< 1950-01-01 in seconds since 1970

SampleFormat blue_format(const Input& input, bool big_endian)
{
    struct Row {
        const char* code;
        F little, big;
    };
    static constexpr Row kRows[] = { { "CB", F::ci8, F::ci8 },         { "CI", F::ci16_le, F::ci16_be },
                                     { "CL", F::ci32_le, F::ci32_be }, { "CF", F::cf32_le, F::cf32_be },
                                     { "CD", F::cf64_le, F::cf64_be }, { "SB", F::ri8, F::ri8 },
                                     { "SI", F::ri16_le, F::ri16_be }, { "SL", F::ri32_le, F::ri32_be },
                                     { "SF", F::rf32_le, F::rf32_be }, { "SD", F::rf64_le, F::rf64_be } };
    const std::string code = input.head.substr(52, 2);
    for (const Row& row : kRows)
        if (code == row.code)
            return big_endian ? row.big : row.little;
    throw Error({ "BLUE format that is not read", input.path, "'" + code + "'", "C or S, then B, I, L, F or D" });
}

/// The number under one of the usual names of a tuned frequency among the keywords, main and extended.
std::optional<double> blue_frequency(Input& input, bool big_endian)
{
    const auto is_frequency = [](const std::string& key) {
        for (const char* known : { "RF_FREQ", "RFFREQ", "FREQ", "CENTER_FREQ", "CF", "COL_RF", "CHAN_RF", "FC" })
            if (key == known)
                return true;
        return false;
    };
    const std::string main =
        input.head.substr(164, std::min<std::uint64_t>(92, number_at(input.head, 160, 4, big_endian)));
    for (std::size_t at = 0; at < main.size();) {
        const std::size_t end = std::min(main.find('\0', at), main.size());
        const std::string entry = main.substr(at, end - at);
        const auto equals = std::min(entry.find('='), entry.size());
        const double value = equals < entry.size() ? number_or_zero(entry.substr(equals + 1)) : 0.0;
        if (is_frequency(entry.substr(0, equals)) && value > 0.0)
            return value;
        at = end + 1;
    }
    const std::uint64_t begin = number_at(input.head, 24, 4, big_endian) * kBlueBytes;
    const std::uint64_t size = number_at(input.head, 28, 4, big_endian);
    const std::string extended = size > 0 ? input.bytes->some(begin, std::min<std::uint64_t>(size, 1 << 20)) : "";
    for (std::size_t at = 0; at + 8 <= extended.size();) {
        const std::uint64_t length = number_at(extended, at, 4, big_endian);
        const std::uint64_t extra = number_at(extended, at + 4, 2, big_endian);
        const std::uint64_t tag = number_at(extended, at + 6, 1);
        if (length < 8 || extra > length || length > extended.size() - at)
            break;
        const std::uint64_t data = length - extra;
        const char type = extended[at + 7];
        const double value = type == 'D' && data == 8 ? double_at(extended, at + 8, big_endian)
                             : type == 'A'
                                 ? number_or_zero(extended.substr(at + 8, std::min<std::uint64_t>(data, 40)))
                             : (type == 'L' && data == 4) || (type == 'X' && data == 8)
                                 ? static_cast<double>(number_at(extended, at + 8, data, big_endian))
                                 : 0.0;
        if (at + 8 + data + tag <= extended.size() && is_frequency(extended.substr(at + 8 + data, tag)) &&
            std::isfinite(value) && value > 0.0)
            return value;
        at += length;
    }
    return std::nullopt;
}

} // namespace

RecordingLayout open_blue(Input& input, const RawOptions& raw)
{
    if (!is_blue(input) || input.head.size() < kBlueBytes)
        throw Error(
            { "not a BLUE file", input.path, std::to_string(input.head.size()) + " bytes", "a header of 512" });
    const bool big_endian = input.head.compare(4, 4, "IEEE") == 0;
    const std::uint64_t type = number_at(input.head, 48, 4, big_endian);
    if (type / 1000 != 1)
        throw Error(
            { "BLUE type that is not read", input.path, std::to_string(type), "1000: samples of one signal" });
    Header header;
    header.format = blue_format(input, input.head.compare(8, 4, "IEEE") == 0);
    const double step = double_at(input.head, 264, big_endian);
    const std::uint64_t units = number_at(input.head, 272, 4, big_endian);
    if (units > 1)
        input.notes.add("the abscissa's unit is not time", std::to_string(units));
    header.sample_rate_hz = step > 0.0 && step < 1e12 ? 1.0 / step : 0.0;
    if (std::abs(header.sample_rate_hz - std::round(header.sample_rate_hz)) < 1e-9 * header.sample_rate_hz)
        header.sample_rate_hz = std::round(header.sample_rate_hz); // a step of 1/R seconds is R only nearly
    header.center_freq_hz = blue_frequency(input, big_endian);
    header.time_ns = time_of_seconds(double_at(input.head, 56, big_endian) + kBlueEpoch);
    const double begin = double_at(input.head, 32, big_endian);
    const double size = double_at(input.head, 40, big_endian);
    const bool detached = number_at(input.head, 12, 4, big_endian) != 0;
    if (!(begin >= 0.0 && begin < 1e18 && size >= 0.0 && size < 1e18))
        throw Error({ "BLUE header with a bad place of the samples", input.path, std::to_string(begin), "bytes" });
    header.begin = static_cast<std::uint64_t>(begin);
    if (detached) {
        const std::string data = fs::path(input.name).replace_extension(".det").string();
        input.bytes = open_bytes(data, input.notes);
    }
    header.end = size > 0.0 ? header.begin + static_cast<std::uint64_t>(size) : input.bytes->size();
    return layout_of(header, input, raw);
}

} // namespace prunedamr::recording
