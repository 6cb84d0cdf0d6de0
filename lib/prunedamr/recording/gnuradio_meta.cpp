// SPDX-License-Identifier: GPL-3.0-or-later
// Files of GNU Radio's file_meta_sink: https://wiki.gnuradio.org/index.php/Metadata_Information
#include "prunedamr/base/error.h"
#include "prunedamr/recording/recording_layout.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

namespace prunedamr::recording {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxHeaderBytes = 4096; ///< usual are 171
constexpr const char* kHeaderStart("\x09\x07\x02\x00\x04strt");
constexpr std::size_t kHeaderStartBytes = 9;

/// A value of a dictionary: a number, the two of a time (seconds, fraction), a truth value as 0 or 1; NaN: others.
struct Value {
    double number = NAN;
    double fraction = 0.0;
};

/// Reads PMT's binary form: a tag, then the value, in network order.
class PmtReader
{
public:
    PmtReader(const std::string& bytes, std::size_t at) : bytes_(bytes), at_(at) {}

    /// The entries of a dictionary (one "9, pair, rest" for each, NULL at the end), added to `entries`.
    bool dictionary(std::map<std::string, Value>& entries)
    {
        while (peek() == kDictionary) {
            ++at_;
            if (take() != kPair || peek() != kSymbol)
                return false;
            ++at_;
            const std::string key = symbol();
            if (!value(entries[key], 0))
                return false;
        }
        return take() == kNull;
    }

    std::size_t at() const { return at_; }

private:
    enum Tag {
        kTrue,
        kFalse,
        kSymbol,
        kInt32,
        kDouble,
        kComplex,
        kNull,
        kPair,
        kVector,
        kDictionary,
        kUniform,
        kUint64,
        kTuple,
        kInt64
    };

    int peek() const { return at_ < bytes_.size() ? static_cast<unsigned char>(bytes_[at_]) : -1; }

    int take()
    {
        const int tag = peek();
        ++at_;
        return tag;
    }

    double number(std::size_t count)
    {
        const double value = static_cast<double>(number_at(bytes_, at_, count, true));
        at_ += count;
        return value;
    }

    std::string symbol()
    {
        const std::size_t length = number_at(bytes_, at_, 2, true);
        at_ += 2;
        const std::string text = at_ < bytes_.size() ? bytes_.substr(at_, length) : "";
        at_ += length;
        return text;
    }

    bool value(Value& value, int depth)
    {
        constexpr int kDeepest = 8;
        if (depth > kDeepest || at_ >= bytes_.size())
            return false;
        Value ignored;
        switch (take()) {
        case kTrue:
            value.number = 1.0;
            return true;
        case kFalse:
            value.number = 0.0;
            return true;
        case kSymbol:
            symbol();
            return true;
        case kInt32:
            value.number = number(4);
            return true;
        case kDouble:
            value.number = double_at(bytes_, at_, true);
            at_ += 8;
            return true;
        case kComplex:
            at_ += 16;
            return true;
        case kNull:
            return true;
        case kPair:
        case kDictionary:
            return this->value(ignored, depth + 1) && this->value(ignored, depth + 1);
        case kUint64:
        case kInt64:
            value.number = number(8);
            return true;
        case kTuple: {
            const auto count = static_cast<std::uint64_t>(number(4));
            Value second;
            if (count != 2 || !this->value(value, depth + 1) || !this->value(second, depth + 1))
                return false;
            value.fraction = second.number;
            return true;
        }
        default:
            return false;
        }
    }

    const std::string& bytes_;
    std::size_t at_;
};

/// One header: what it says of the samples behind it.
struct Segment {
    SampleFormat format = SampleFormat::cf32_le;
    std::uint64_t header_bytes = 0;
    std::uint64_t bytes = 0;
    double rate = 0.0;
    std::optional<double> freq;
    std::optional<std::int64_t> time_ns;
};

SampleFormat segment_format(int type, bool complex, std::uint64_t size, const std::string& path)
{
    using F = SampleFormat;
    struct Row {
        int type;
        std::uint64_t bytes;
        F complex, real;
    };
    static constexpr Row kRows[] = { { 0, 1, F::ci8, F::ri8 },
                                     { 1, 2, F::ci16_le, F::ri16_le },
                                     { 2, 4, F::ci32_le, F::ri32_le },
                                     { 5, 4, F::cf32_le, F::rf32_le },
                                     { 6, 8, F::cf64_le, F::rf64_le } };
    for (const Row& row : kRows)
        if (type == row.type && size == row.bytes * (complex ? 2 : 1))
            return complex ? row.complex : row.real;
    throw Error({ "type of a GNU Radio file that is not read", path,
                  "type " + std::to_string(type) + ", " + std::to_string(size) + " bytes",
                  "bytes to doubles, no vectors" });
}

std::optional<Segment> read_segment(ByteSource& file, std::uint64_t at, const std::string& path)
{
    const std::string text = file.some(at, kMaxHeaderBytes);
    std::map<std::string, Value> entries;
    PmtReader reader(text, 0);
    if (text.compare(0, kHeaderStartBytes, std::string(kHeaderStart, kHeaderStartBytes)) != 0 ||
        !reader.dictionary(entries))
        return std::nullopt;
    if (!reader.dictionary(entries)) // the extra one, where tags and options of the sink stand
        return std::nullopt;
    const auto whole = [&](const char* key) {
        const double value = entries[key].number;
        return value >= 0.0 && value < 9e15 ? static_cast<std::uint64_t>(value) : 0;
    };
    Segment segment;
    segment.format = segment_format(static_cast<int>(std::min<std::uint64_t>(whole("type"), 99)),
                                    entries["cplx"].number == 1.0, whole("size"), path);
    segment.header_bytes = whole("strt");
    segment.bytes = whole("bytes");
    segment.rate = entries["rx_rate"].number;
    if (std::isfinite(entries["rx_freq"].number))
        segment.freq = entries["rx_freq"].number;
    constexpr double kYear2000 = 946684800.0; // below: a device's own clock
    const Value time = entries["rx_time"];
    if (time.number >= kYear2000 && time.fraction >= 0.0 && time.fraction < 1.0)
        if (const auto seconds = time_of_seconds(time.number))
            segment.time_ns = *seconds + static_cast<std::int64_t>(time.fraction * 1e9);
    if (segment.header_bytes < reader.at())
        return std::nullopt;
    return segment;
}

std::string header_beside(const std::string& path)
{
    std::error_code failure;
    const std::string beside = path + ".hdr";
    return fs::is_regular_file(beside, failure) ? beside : "";
}

/// Lays segments one behind the other, and tells of what changes with them.
class Segments
{
public:
    Segments(Input& input, const RawOptions& raw) : input_(input), raw_(raw) { layout_.bytes = input.bytes; }

    /// False when no more can be read. `begin`: of the samples.
    bool add(const Segment& segment, std::uint64_t begin)
    {
        RecordingInfo& info = layout_.info;
        if (info.sample_count == 0)
            start(segment);
        if (segment.format != info.format || (segment.rate > 0.0 && rate_ > 0.0 && segment.rate != rate_)) {
            input_.notes.add("rate or type changes in the file, what comes from there on is left out",
                             "sample " + std::to_string(info.sample_count));
            return false;
        }
        const std::uint64_t size = input_.bytes->size();
        const std::uint64_t left = size - std::min(size, begin);
        if (segment.bytes > left)
            input_.notes.add("the last segment is cut",
                             std::to_string(left) + " of " + std::to_string(segment.bytes) + " bytes");
        const std::uint64_t bytes = segment.bytes == 0 ? left : std::min(segment.bytes, left); // 0: not closed
        const std::uint64_t count = bytes / static_cast<std::uint64_t>(bytes_per_sample(info.format));
        if (count > 0)
            add_capture(segment);
        add_range(layout_, count, begin);
        return segment.bytes > 0 && segment.bytes < left;
    }

    RecordingLayout done()
    {
        if (layout_.info.sample_count < 2)
            throw Error({ "recording holds no samples", input_.path, "0 bytes", "samples" });
        finish(layout_, input_.path, input_.notes);
        return std::move(layout_);
    }

private:
    void start(const Segment& segment)
    {
        layout_.info.format = segment.format;
        rate_ = segment.rate > 0.0 && std::isfinite(segment.rate) ? segment.rate : 0.0;
        check_format_agrees(input_.path, segment.format, raw_);
        layout_.info.sample_rate_hz = agreed_rate(input_.path, rate_, raw_, "sample rate is not known");
    }

    /// Only where frequency or time is another than the samples so far say.
    void add_capture(const Segment& segment)
    {
        RecordingInfo& info = layout_.info;
        const Capture capture{ info.sample_count, segment.freq, segment.time_ns };
        if (!info.captures.empty()) {
            const Capture& last = info.captures.back();
            const double passed_ns =
                static_cast<double>(info.sample_count - last.sample_start) / info.sample_rate_hz * 1e9;
            const bool same_time = !capture.time_ns || !last.time_ns ||
                                   std::abs(static_cast<double>(*capture.time_ns - *last.time_ns) - passed_ns) <
                                       2e9 / info.sample_rate_hz + 1000.0;
            if (capture.center_freq_hz == last.center_freq_hz && same_time)
                return;
        }
        info.captures.push_back(capture);
    }

    Input& input_;
    const RawOptions& raw_;
    RecordingLayout layout_;
    double rate_ = 0.0;
};

} // namespace

bool is_gnuradio_meta(const Input& input)
{
    return input.head.compare(0, kHeaderStartBytes, std::string(kHeaderStart, kHeaderStartBytes)) == 0 ||
           (!input.path.empty() && !header_beside(input.name).empty());
}

RecordingLayout open_gnuradio_meta(Input& input, const RawOptions& raw)
{
    const bool is_inline =
        input.head.compare(0, kHeaderStartBytes, std::string(kHeaderStart, kHeaderStartBytes)) == 0;
    std::shared_ptr<ByteSource> headers = input.bytes;
    if (!is_inline)
        headers = open_bytes(header_beside(input.name), input.notes);
    Segments segments(input, raw);
    std::uint64_t header_at = 0, samples_at = 0;
    for (bool more = true; more && header_at < headers->size();) {
        const auto segment = read_segment(*headers, header_at, input.path);
        if (!segment) {
            if (header_at == 0)
                throw Error({ "malformed GNU Radio header", headers->path(), "", "metadata of file_meta_sink" });
            input.notes.add("a header is damaged, what comes from there on is left out",
                            "byte " + std::to_string(header_at));
            break;
        }
        if (is_inline)
            samples_at = header_at + segment->header_bytes;
        more = segments.add(*segment, samples_at);
        samples_at += segment->bytes;
        header_at = is_inline ? samples_at : header_at + segment->header_bytes;
    }
    return segments.done();
}

} // namespace prunedamr::recording
