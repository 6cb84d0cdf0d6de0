// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/report/heat_map.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace prunedamr::report {
namespace {

constexpr int kColours = 64;

using Colour = std::array<std::uint8_t, 3>;

/// matplotlib's viridis (CC0) at 17 even steps; between them straight lines stay within 6 of 255.
constexpr Colour kViridis[] = {
    { 68, 1, 84 },    { 72, 24, 106 },  { 71, 45, 123 },  { 66, 64, 134 },  { 59, 82, 139 },  { 51, 99, 141 },
    { 44, 114, 142 }, { 38, 130, 142 }, { 33, 145, 140 }, { 31, 160, 136 }, { 40, 174, 128 }, { 63, 188, 115 },
    { 94, 201, 98 },  { 132, 212, 75 }, { 173, 220, 48 }, { 216, 226, 25 }, { 253, 231, 37 },
};

std::string palette()
{
    std::string bytes;
    for (int i = 0; i < kColours; ++i) {
        const double position = 16.0 * i / (kColours - 1);
        const int at = std::min(15, static_cast<int>(position));
        for (std::size_t k = 0; k < 3; ++k)
            bytes += static_cast<char>(
                std::lround(kViridis[at][k] + (position - at) * (kViridis[at + 1][k] - kViridis[at][k])));
    }
    return bytes;
}

std::string big_endian(std::uint32_t value)
{
    return { static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
             static_cast<char>(value) };
}

std::uint32_t crc32(const std::string& bytes)
{
    std::uint32_t crc = 0xffffffffu;
    for (const char c : bytes) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0u);
    }
    return ~crc;
}

std::uint32_t adler32(const std::string& bytes)
{
    std::uint32_t a = 1, b = 0;
    for (const char c : bytes) {
        a = (a + static_cast<unsigned char>(c)) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

/// A zlib stream that stores: maps of this size and noise would hardly shrink.
std::string stored(const std::string& bytes)
{
    constexpr std::size_t kMost = 65535;
    std::string stream = "\x78\x01";
    for (std::size_t at = 0; at < bytes.size(); at += kMost) {
        const std::size_t length = std::min(kMost, bytes.size() - at);
        stream += static_cast<char>(at + length == bytes.size());
        for (const std::size_t field : { length, ~length })
            stream += { static_cast<char>(field), static_cast<char>(field >> 8) };
        stream.append(bytes, at, length);
    }
    return stream + big_endian(adler32(bytes));
}

std::string chunk(const std::string& type, const std::string& content)
{
    return big_endian(static_cast<std::uint32_t>(content.size())) + type + content +
           big_endian(crc32(type + content));
}

} // namespace

std::string png_of(const HeatMap& map, float low, float high)
{
    PRUNEDAMR_CHECK(map.columns > 0 && map.rows > 0 && map.columns <= 4096 && map.rows <= 4096 &&
                        map.values.size() == static_cast<std::size_t>(map.columns) * map.rows && low < high,
                    "a heat map has its size and a range");
    std::string lines;
    for (std::size_t i = 0; i < map.values.size(); ++i) {
        if (i % static_cast<std::size_t>(map.columns) == 0)
            lines += '\0'; // no filter
        const float share = (map.values[i] - low) / (high - low);
        lines += static_cast<char>(share > 0.0f ? std::lround(std::min(share, 1.0f) * (kColours - 1)) : 0);
    }
    const std::string header = big_endian(static_cast<std::uint32_t>(map.columns)) +
                               big_endian(static_cast<std::uint32_t>(map.rows)) +
                               std::string("\x08\x03\x00\x00\x00", 5); // 8 bits, palette
    return "\x89PNG\r\n\x1a\n" + chunk("IHDR", header) + chunk("PLTE", palette()) + chunk("IDAT", stored(lines)) +
           chunk("IEND", "");
}

} // namespace prunedamr::report
