// SPDX-License-Identifier: GPL-3.0-or-later
// Packets of VITA 49.0/49.2 and DIFI (IEEE-ISTO 4900), one behind the other in a file, as they were received.
#include "prunedamr/base/error.h"
#include "prunedamr/recording/recording_layout.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace prunedamr::recording {
namespace {

constexpr std::uint64_t kWord = 4;
constexpr std::size_t kWindowBytes = 1 << 20;
constexpr std::size_t kMaxFieldBytes = 256; ///< bytes of a context packet that are looked at
constexpr std::int64_t kNsPerS = 1'000'000'000;
constexpr std::int64_t kGpsEpoch =
    315964800 - 18; ///< 1980-01-06 in seconds since 1970, less the leap seconds of 2017

/// Reads forward through windows, so that each packet's header is no call to the system.
class Window
{
public:
    explicit Window(ByteSource& bytes) : bytes_(bytes) {}

    std::uint64_t word(std::uint64_t offset) { return number(offset, kWord); }

    std::uint64_t number(std::uint64_t offset, std::size_t count)
    {
        if (offset < begin_ || offset + count > begin_ + text_.size()) {
            begin_ = offset;
            text_ = bytes_.some(offset, kWindowBytes);
        }
        return number_at(text_, static_cast<std::size_t>(offset - begin_), count, true);
    }

    std::uint64_t size() const { return bytes_.size(); }

private:
    ByteSource& bytes_;
    std::uint64_t begin_ = 0;
    std::string text_;
};

struct Packet {
    std::uint64_t type = 0;
    std::uint64_t count = 0; ///< of packets of its stream, modulo 16
    std::uint64_t stream = 0;
    std::uint64_t begin = 0, end = 0; ///< of payload or context fields
    std::uint64_t next = 0;
    std::optional<std::int64_t> time_ns; ///< UTC

    bool is_data() const { return type < 4; }
    bool is_context() const { return type == 4; }
};

/// Nothing where no whole packet begins at `at`.
std::optional<Packet> packet_at(Window& file, std::uint64_t at)
{
    if (at + 2 * kWord > file.size())
        return std::nullopt;
    const std::uint64_t head = file.word(at);
    Packet packet;
    packet.type = head >> 28;
    packet.count = head >> 16 & 15;
    packet.next = at + (head & 0xffff) * kWord;
    const std::uint64_t whole_time = head >> 22 & 3, fraction_kind = head >> 20 & 3;
    std::uint64_t place = at + kWord;
    if (packet.type > 7 || packet.next > file.size())
        return std::nullopt;
    if (packet.type != 0 && packet.type != 2) {
        packet.stream = file.word(place);
        place += kWord;
    }
    place += head >> 27 & 1 ? 2 * kWord : 0; // class
    const std::uint64_t seconds = whole_time ? file.word(place) : 0;
    place += whole_time ? kWord : 0;
    const std::uint64_t fraction = fraction_kind ? file.number(place, 8) : 0;
    place += fraction_kind ? 2 * kWord : 0;
    if (whole_time == 1 || whole_time == 2)
        packet.time_ns =
            (static_cast<std::int64_t>(seconds) + (whole_time == 2 ? kGpsEpoch : 0)) * kNsPerS +
            (fraction_kind == 2 ? static_cast<std::int64_t>(std::min<std::uint64_t>(fraction / 1000, kNsPerS - 1))
                                : 0);
    packet.begin = place;
    packet.end = packet.next - (packet.is_data() && head >> 26 & 1 ? kWord : 0); // trailer
    if (packet.end < packet.begin || packet.next <= at || packet.end > packet.next)
        return std::nullopt;
    return packet;
}

/// What context packets say of the samples behind them.
struct Context {
    std::optional<double> rate_hz, freq_hz;
    std::optional<SampleFormat> format;
    std::string other_format; ///< of a payload that is not read
};

double fixed_point(std::uint64_t bits)
{
    return static_cast<double>(static_cast<std::int64_t>(bits)) / 1048576.0; // radix point right of bit 20
}

void read_format(std::uint64_t word, Context& context)
{
    using F = SampleFormat;
    const std::uint64_t kind = word >> 29 & 3, item = word >> 24 & 31, field_bits = (word >> 6 & 63) + 1,
                        bits = (word & 63) + 1;
    struct Row {
        std::uint64_t item, bits;
        F complex, real;
    };
    static constexpr Row kRows[] = { { 0, 8, F::ci8, F::ri8 },           { 0, 16, F::ci16_be, F::ri16_be },
                                     { 0, 32, F::ci32_be, F::ri32_be },  { 16, 8, F::cu8, F::ru8 },
                                     { 16, 16, F::cu16_be, F::ru16_be }, { 14, 32, F::cf32_be, F::rf32_be },
                                     { 15, 64, F::cf64_be, F::rf64_be } };
    for (const Row& row : kRows)
        if (row.item == item && row.bits == bits && field_bits == bits && kind < 2) {
            context.format = kind == 1 ? row.complex : row.real;
            return;
        }
    context.format.reset();
    context.other_format = std::string(kind == 2   ? "polar"
                                       : kind == 1 ? "complex"
                                                   : "real") +
                           ", item format " + std::to_string(item) + ", " + std::to_string(bits) + " bits in " +
                           std::to_string(field_bits);
}

/// Fields follow each other in the order of the indicator's bits; those before the format have one word or two.
Context context_of(Window& file, const Packet& packet, Context context)
{
    constexpr int kTwoWords[] = { 29, 28, 27, 26, 25, 21, 20, 17, 15 };
    const std::uint64_t indicator = file.word(packet.begin);
    std::uint64_t place = packet.begin + kWord;
    place +=
        kWord * ((indicator >> 1 & 1) + (indicator >> 2 & 1) + (indicator >> 3 & 1)); // further indicators (49.2)
    std::optional<double> tuned, offset;
    for (int bit = 30; bit >= 15; --bit) {
        if (!(indicator >> bit & 1))
            continue;
        const bool two = std::find(std::begin(kTwoWords), std::end(kTwoWords), bit) != std::end(kTwoWords);
        if (place + (two ? 2 : 1) * kWord > packet.end || place - packet.begin > kMaxFieldBytes)
            break;
        if (bit == 27)
            tuned = fixed_point(file.number(place, 8));
        if (bit == 26)
            offset = fixed_point(file.number(place, 8));
        if (bit == 21)
            context.rate_hz = fixed_point(file.number(place, 8));
        if (bit == 15)
            read_format(file.word(place), context);
        place += (two ? 2 : 1) * kWord;
    }
    if (tuned)
        context.freq_hz = *tuned + offset.value_or(0.0);
    return context;
}

/// The packets of one stream as a recording.
class Stream
{
public:
    Stream(Input& input, std::uint64_t id) : input_(input), id_(id) { layout_.bytes = input.bytes; }

    /// Format, rate and frequency, of the first context packets before they change.
    void start(const RawOptions& raw)
    {
        Window file(*input_.bytes);
        bool has_data = false;
        std::uint64_t at = 0;
        while (const auto packet = packet_at(file, at)) {
            at = packet->next;
            has_data = has_data || (packet->is_data() && packet->stream == id_);
            if (packet->is_context() && packet->stream == id_)
                context_ = context_of(file, *packet, context_);
            if (has_data && context_.rate_hz && (context_.format || !context_.other_format.empty()))
                break;
        }
        if (!context_.format && !context_.other_format.empty())
            throw Error({ "packets with samples that are not read", input_.path, context_.other_format,
                          "integers of 8, 16, 32 bits or floats, one sample behind the other" });
        if (!context_.format && !raw.format)
            input_.notes.add("no context packet tells the format, 16 bits are assumed", "ci16_be");
        RecordingInfo& info = layout_.info;
        info.format = context_.format.value_or(raw.format.value_or(SampleFormat::ci16_be));
        check_format_agrees(input_.path, info.format, raw);
        rate_hz_ = context_.rate_hz.value_or(0.0);
        info.sample_rate_hz = agreed_rate(input_.path, std::isfinite(rate_hz_) ? std::max(rate_hz_, 0.0) : 0.0, raw,
                                          "sample rate is not known");
    }

    void read_all()
    {
        Window file(*input_.bytes);
        std::uint64_t at = 0;
        Context now = context_;
        while (const auto packet = packet_at(file, at)) {
            at = packet->next;
            if (packet->stream != id_)
                continue;
            if (packet->is_context())
                now = context_of(file, *packet, now);
            if (now.rate_hz.value_or(rate_hz_) != rate_hz_ || (now.format && *now.format != layout_.info.format)) {
                input_.notes.add("rate or format changes, what comes from there on is left out",
                                 "sample " + std::to_string(layout_.info.sample_count));
                return;
            }
            if (packet->is_data())
                add(*packet, now.freq_hz);
        }
        if (at < input_.bytes->size())
            input_.notes.add("the last packet is cut, or what follows is none", "byte " + std::to_string(at));
    }

    RecordingLayout done()
    {
        if (layout_.info.sample_count < 2)
            throw Error({ "recording holds no samples", input_.path, "0 bytes", "samples" });
        finish(layout_, input_.path, input_.notes);
        return std::move(layout_);
    }

private:
    void add(const Packet& packet, std::optional<double> freq_hz)
    {
        RecordingInfo& info = layout_.info;
        const std::uint64_t samples =
            (packet.end - packet.begin) / static_cast<std::uint64_t>(bytes_per_sample(info.format));
        if (samples == 0)
            return;
        const bool lost = last_count_ && packet.count != ((*last_count_ + 1) & 15);
        last_count_ = packet.count;
        if (lost)
            input_.notes.add("packets are missing", "before sample " + std::to_string(info.sample_count));
        if (info.captures.empty() || info.captures.back().center_freq_hz != freq_hz || lost)
            info.captures.push_back({ info.sample_count, freq_hz, packet.time_ns });
        add_range(layout_, samples, packet.begin);
    }

    Input& input_;
    const std::uint64_t id_;
    RecordingLayout layout_;
    Context context_;
    double rate_hz_ = 0.0;
    std::optional<std::uint64_t> last_count_;
};

} // namespace

/// There is no magic: four packets in a row (or all that there are, two at least) whose lengths lead from one to
/// the next, of few streams, and data packets that count up.
bool is_vita49(const Input& input)
{
    constexpr int kEnough = 4;
    if (!input.bytes)
        return false;
    Window file(*input.bytes);
    std::set<std::uint64_t> streams;
    std::optional<Packet> last;
    int packets = 0, data = 0;
    std::uint64_t at = 0;
    for (; packets < kEnough && at < file.size(); ++packets) {
        const auto packet = packet_at(file, at);
        if (!packet || packet->type > 5 || packet->begin == packet->end)
            break;
        streams.insert(packet->stream);
        if (packet->is_data() && last &&
            (packet->count != ((last->count + 1) & 15) || packet->stream != last->stream ||
             packet->type != last->type))
            return false;
        if (packet->is_data()) {
            last = packet;
            ++data;
        }
        at = packet->next;
    }
    return data > 0 && streams.size() == 1 && (packets == kEnough || (packets > 1 && at == file.size()));
}

RecordingLayout open_vita49(Input& input, const RawOptions& raw)
{
    Window file(*input.bytes);
    std::vector<std::uint64_t> streams; // with data, in the order of their first packets
    constexpr std::uint64_t kLookedAt = 16 << 20;
    std::uint64_t at = 0;
    while (const auto packet = packet_at(file, at)) {
        at = packet->next;
        if (packet->is_data() && std::find(streams.begin(), streams.end(), packet->stream) == streams.end() &&
            streams.size() < static_cast<std::size_t>(kMaxChannels))
            streams.push_back(packet->stream);
        if (at > kLookedAt)
            break;
    }
    if (streams.empty())
        throw Error({ "no VITA 49 packets with samples", input.path, "", "data packets" });
    const int channel = raw.channel.value_or(0);
    if (channel < 0 || static_cast<std::size_t>(channel) >= streams.size())
        throw Error(
            { "no such channel", input.path, std::to_string(channel), "0.." + std::to_string(streams.size() - 1) });
    if (streams.size() > 1 && !raw.channel)
        input.notes.add("several streams, the first is read",
                        std::to_string(streams.size()) + ": choose by channel");
    Stream stream(input, streams[static_cast<std::size_t>(channel)]);
    stream.start(raw);
    stream.read_all();
    return stream.done();
}

} // namespace prunedamr::recording
