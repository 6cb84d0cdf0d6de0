// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/tag_header.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string_view>
#include <utility>

namespace prunedamr::receiver {
namespace {

constexpr std::uint16_t kMagic = 0x5FF0;
constexpr std::uint8_t kVersion = 1;
constexpr int kMaxDepth = 16; ///< of values within values

/// The type bytes of GNU Radio's pmt_serialize.
enum Type : std::uint8_t {
    kTrue,
    kFalse,
    kSymbol,
    kInt32,
    kDouble,
    kComplex,
    kNil,
    kPair,
    kVector,
    kDict,
    kUniformVector,
    kUint64,
    kTuple,
    kInt64
};

/// Reads within a message. After a fault all that it gives is zero.
class Cursor
{
public:
    Cursor(const std::byte* bytes, std::size_t size) : at_(bytes), left_(size) {}

    bool is_good() const { return good_; }
    std::size_t left() const { return left_; }
    void fail() { good_ = false; }

    const std::byte* take(std::size_t count)
    {
        if (!good_ || count > left_) {
            good_ = false;
            return nullptr;
        }
        left_ -= count;
        return std::exchange(at_, at_ + count);
    }

    void skip(std::uint64_t count, std::uint64_t size)
    {
        if (count > left_ / size)
            good_ = false;
        else
            take(static_cast<std::size_t>(count * size));
    }

    /// In the sender's byte order, taken to be ours.
    template <typename T> T native()
    {
        T value{};
        if (const std::byte* bytes = take(sizeof value))
            std::memcpy(&value, bytes, sizeof value);
        return value;
    }

    std::uint64_t big_endian(std::size_t size)
    {
        std::uint64_t value = 0;
        if (const std::byte* bytes = take(size))
            for (std::size_t i = 0; i < size; ++i)
                value = value << 8 | std::to_integer<std::uint64_t>(bytes[i]);
        return value;
    }

    double real()
    {
        const std::uint64_t bits = big_endian(8);
        double value;
        std::memcpy(&value, &bits, sizeof value);
        return value;
    }

    std::string_view symbol() ///< after its type byte
    {
        const auto size = static_cast<std::size_t>(big_endian(2));
        const std::byte* text = take(size);
        return text ? std::string_view(reinterpret_cast<const char*>(text), size) : std::string_view();
    }

private:
    const std::byte* at_;
    std::size_t left_;
    bool good_ = true;
};

void skip_uniform_vector(Cursor& cursor)
{
    constexpr std::uint8_t kItemBytes[] = { 1, 1, 2, 2, 4, 4, 8, 8, 4, 8, 8, 16 };
    const auto kind = static_cast<std::size_t>(cursor.big_endian(1));
    const std::uint64_t count = cursor.big_endian(4);
    cursor.take(static_cast<std::size_t>(cursor.big_endian(1))); // padding
    if (kind < sizeof kItemBytes)
        cursor.skip(count, kItemBytes[kind]);
    else
        cursor.fail();
}

void skip_value(Cursor& cursor, int depth);

void skip_items(Cursor& cursor, std::uint64_t count, int depth)
{
    if (count > cursor.left()) // each takes a byte at least
        cursor.fail();
    for (std::uint64_t i = 0; i < count && cursor.is_good(); ++i)
        skip_value(cursor, depth);
}

void skip_value(Cursor& cursor, int depth)
{
    if (depth > kMaxDepth)
        return cursor.fail();
    const auto type = cursor.big_endian(1);
    switch (cursor.is_good() ? type : std::uint64_t{ 255 }) {
    case kTrue:
    case kFalse:
    case kNil:
        return;
    case kSymbol:
        cursor.symbol();
        return;
    case kInt32:
        return cursor.skip(1, 4);
    case kDouble:
    case kUint64:
    case kInt64:
        return cursor.skip(1, 8);
    case kComplex:
        return cursor.skip(1, 16);
    case kPair:
    case kDict: // a list: each pair's second half is most often the next pair
        for (;;) {
            skip_value(cursor, depth + 1);
            const Cursor second = cursor;
            const auto next = cursor.big_endian(1);
            if (cursor.is_good() && (next == kPair || next == kDict))
                continue;
            cursor = second;
            return skip_value(cursor, depth + 1);
        }
    case kVector:
    case kTuple:
        return skip_items(cursor, cursor.big_endian(4), depth + 1);
    case kUniformVector:
        return skip_uniform_vector(cursor);
    default:
        cursor.fail();
    }
}

/// A number of any type; moves past whatever value there is.
std::optional<double> read_number(Cursor& cursor)
{
    Cursor value = cursor;
    skip_value(cursor, 0);
    switch (value.big_endian(1)) {
    case kInt32:
        return static_cast<std::int32_t>(value.big_endian(4));
    case kUint64:
        return static_cast<double>(value.big_endian(8));
    case kInt64:
        return static_cast<double>(static_cast<std::int64_t>(value.big_endian(8)));
    case kDouble: {
        const double number = value.real();
        return std::isfinite(number) ? std::optional<double>(number) : std::nullopt;
    }
    default:
        return std::nullopt;
    }
}

/// The tuple (uint64 seconds, double fraction).
std::optional<std::int64_t> read_time(Cursor& cursor)
{
    constexpr std::uint64_t kMaxSeconds = 9'000'000'000; // nanoseconds fit in 63 bits
    Cursor value = cursor;
    skip_value(cursor, 0);
    const bool is_pair =
        value.big_endian(1) == kTuple && value.big_endian(4) == 2 && value.big_endian(1) == kUint64;
    const std::uint64_t seconds = value.big_endian(8);
    const bool is_real = value.big_endian(1) == kDouble;
    const double fraction = value.real();
    if (!is_pair || !is_real || !value.is_good() || seconds > kMaxSeconds || !(fraction >= 0.0 && fraction < 1.0))
        return std::nullopt;
    return static_cast<std::int64_t>(seconds) * 1'000'000'000 + std::llround(fraction * 1e9);
}

/// Where the tags of an item are gathered; nullptr when there is no more room.
StreamTags* tags_at(TagHeader& header, std::uint64_t offset)
{
    StreamTags* const end = header.tags + header.tag_count;
    StreamTags* const at = std::lower_bound(
        header.tags, end, offset, [](const StreamTags& tags, std::uint64_t value) { return tags.offset < value; });
    if (at != end && at->offset == offset)
        return at;
    if (header.tag_count == TagHeader::kMaxTags)
        return nullptr;
    std::move_backward(at, end, end + 1);
    *at = {};
    at->offset = offset;
    ++header.tag_count;
    return at;
}

void read_tag(Cursor& cursor, TagHeader& header)
{
    const auto item = cursor.native<std::uint64_t>();
    Cursor key = cursor;
    skip_value(cursor, 0);
    const std::string_view name = key.big_endian(1) == kSymbol ? key.symbol() : std::string_view();
    const bool known = name == "rx_freq" || name == "rx_rate" || name == "rx_time";
    StreamTags* const tags =
        known && item >= header.first_item ? tags_at(header, item - header.first_item) : nullptr;
    StreamTags unused;
    StreamTags& found = tags ? *tags : unused;
    if (name == "rx_freq")
        found.center_freq_hz = read_number(cursor);
    else if (name == "rx_rate")
        found.sample_rate_hz = read_number(cursor);
    else if (name == "rx_time")
        found.time_ns = read_time(cursor);
    else
        skip_value(cursor, 0);
    skip_value(cursor, 0); // who made the tag
}

} // namespace

bool has_tag_header(const std::byte* message, std::size_t size) noexcept
{
    Cursor cursor(message, size);
    return cursor.native<std::uint16_t>() == kMagic && cursor.native<std::uint8_t>() == kVersion &&
           cursor.is_good();
}

bool parse_tag_header(const std::byte* message, std::size_t size, TagHeader& header) noexcept
{
    Cursor cursor(message, size);
    cursor.skip(1, sizeof kMagic + sizeof kVersion);
    header.tag_count = 0;
    header.first_item = cursor.native<std::uint64_t>();
    const auto count = cursor.native<std::uint64_t>();
    for (std::uint64_t i = 0; i < count && cursor.is_good(); ++i)
        read_tag(cursor, header);
    header.bytes = size - cursor.left();
    return has_tag_header(message, size) && cursor.is_good();
}

} // namespace prunedamr::receiver
