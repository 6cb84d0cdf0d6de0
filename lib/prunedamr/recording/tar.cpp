// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/recording/byte_source.h"

#include "prunedamr/base/error.h"
#include "prunedamr/recording/recording_layout.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

namespace prunedamr::recording {
namespace {

constexpr std::uint64_t kBlock = 512;
constexpr std::size_t kMaxExtendedHeader = 1 << 20; ///< long names and pax records

using Block = std::array<char, kBlock>;

std::string at_byte(ByteSource& archive, std::uint64_t offset)
{
    return archive.path() + ": byte " + std::to_string(offset);
}

std::string field(const Block& block, std::size_t offset, std::size_t length)
{
    const auto* begin = block.data() + offset;
    return { begin, std::find(begin, begin + length, '\0') };
}

/// Octal digits, or base 256 where the first bit is set (GNU, for sizes from 8 GiB).
std::optional<std::uint64_t> number(const Block& block, std::size_t offset, std::size_t length)
{
    std::uint64_t value = 0;
    if (block[offset] & '\x80') {
        for (std::size_t i = offset + 1; i < offset + length; ++i) {
            if (value >> 55)
                return std::nullopt;
            value = value << 8 | static_cast<unsigned char>(block[i]);
        }
        return value;
    }
    std::string digits = field(block, offset, length);
    digits.erase(0, digits.find_first_not_of(' '));
    digits.erase(std::min(digits.find(' '), digits.size()));
    if (digits.empty())
        return 0;
    const auto end = digits.data() + digits.size();
    const auto result = std::from_chars(digits.data(), end, value, 8);
    if (result.ec != std::errc() || result.ptr != end)
        return std::nullopt;
    return value;
}

/// The sum of all bytes, the sum's own field taken as spaces.
bool sum_is_right(const Block& block)
{
    std::uint64_t sum = 8 * ' ';
    for (std::size_t i = 0; i < kBlock; ++i)
        sum += i >= 148 && i < 156 ? 0 : static_cast<unsigned char>(block[i]);
    return number(block, 148, 8) == sum;
}

/// What pax records and GNU long names say about the next member.
struct Overrides {
    std::optional<std::string> name;
    std::optional<std::uint64_t> size;
};

/// Records "LENGTH KEY=VALUE\n", the length that of the whole record.
void read_pax(const std::string& records, const std::string& where, Overrides& next)
{
    std::size_t begin = 0;
    while (begin < records.size()) {
        std::size_t length = 0;
        const char* text = records.data() + begin;
        const auto parsed = std::from_chars(text, records.data() + records.size(), length);
        const auto digits = static_cast<std::size_t>(parsed.ptr - text);
        if (parsed.ec != std::errc() || length > records.size() - begin || length < digits + 2)
            throw Error({ "malformed pax record", where, records.substr(begin, 20), "LENGTH KEY=VALUE" });
        const std::string record = records.substr(begin + digits + 1, length - digits - 2);
        const auto equals = record.find('=');
        const std::string key = record.substr(0, equals);
        const std::string value = equals == std::string::npos ? "" : record.substr(equals + 1);
        if (key == "path")
            next.name = value;
        if (key.rfind("GNU.sparse", 0) == 0)
            throw Error({ "sparse files in archives are not read", where, key, "plain files" });
        std::uint64_t size = 0;
        const auto end = value.data() + value.size();
        if (key == "size") {
            if (std::from_chars(value.data(), end, size).ptr != end || value.empty())
                throw Error({ "malformed pax size", where, value.substr(0, 30), "a whole number of bytes" });
            next.size = size;
        }
        begin += length;
    }
}

std::string member_name(const Block& block)
{
    const std::string name = field(block, 0, 100);
    const std::string prefix = field(block, 257, 6) == "ustar" ? field(block, 345, 155) : "";
    return prefix.empty() ? name : prefix + "/" + name;
}

Block read_header(ByteSource& archive, std::uint64_t offset)
{
    Block block;
    archive.read(offset, block.data(), kBlock);
    return block;
}

} // namespace

std::vector<TarMember> read_tar(ByteSource& archive, Notes& notes)
{
    std::vector<TarMember> members;
    Overrides next;
    const std::uint64_t end = archive.size();
    if (end < kBlock)
        throw Error({ "not a tar archive", archive.path(), std::to_string(end) + " bytes", "a tar header" });
    for (std::uint64_t offset = 0; end - offset >= kBlock;) {
        const Block block = read_header(archive, offset);
        if (std::all_of(block.begin(), block.end(), [](char c) { return c == '\0'; }))
            break;
        const std::string where = at_byte(archive, offset);
        const auto stated_size = number(block, 124, 12);
        if (!sum_is_right(block) || !stated_size)
            throw Error({ offset == 0 ? "not a tar archive" : "bad tar header", where, "", "a tar header" });
        const char type = block[156];
        const bool describes_others = std::strchr("xgLK", type) && type != '\0';
        const bool has_no_bytes = type >= '1' && type <= '6'; // links, devices, folders
        std::uint64_t size = has_no_bytes ? 0 : describes_others ? *stated_size : next.size.value_or(*stated_size);
        offset += kBlock;
        if (size > end - offset) {
            notes.add("the archive is cut short", std::to_string(end - offset) + " of " + std::to_string(size) +
                                                      " bytes of " + next.name.value_or(member_name(block)));
            size = end - offset;
        }
        if (type == 'x')
            read_pax(archive.text(offset, size, kMaxExtendedHeader), where, next);
        if (type == 'L') {
            const std::string name = archive.text(offset, size, kMaxExtendedHeader);
            next.name = name.substr(0, name.find('\0'));
        }
        if (type == '0' || type == '\0' || type == '7')
            members.push_back({ next.name.value_or(member_name(block)), offset, size });
        if (!describes_others)
            next = {};
        offset += std::min((size + kBlock - 1) / kBlock * kBlock, end - offset);
    }
    if (members.empty())
        throw Error({ "archive holds no file", archive.path(), "", "a tar with .sigmf-meta and .sigmf-data" });
    return members;
}

} // namespace prunedamr::recording
