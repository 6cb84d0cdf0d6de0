// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/deflate.h"
#include "prunedamr/report/matrix_plot.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

namespace prunedamr::report {
namespace {

std::uint32_t big_endian(const std::string& bytes, std::size_t at)
{
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
        value = value << 8 | static_cast<unsigned char>(bytes.at(at + i));
    return value;
}

/// The polynomial division of the PNG specification, most plainly: bits of the message, least significant first.
std::uint32_t plain_crc(const std::string& bytes)
{
    std::uint32_t rest = 0xffffffffu;
    for (const char c : bytes)
        for (int bit = 0; bit < 8; ++bit) {
            const bool out = (rest & 1u) != (static_cast<unsigned>(static_cast<unsigned char>(c)) >> bit & 1u);
            rest = (rest >> 1) ^ (out ? 0xedb88320u : 0u);
        }
    return rest ^ 0xffffffffu;
}

std::string content_of(const std::string& png, const std::string& type)
{
    for (std::size_t at = 8; at < png.size();) {
        const std::uint32_t length = big_endian(png, at);
        const std::string name = png.substr(at + 4, 4), content = png.substr(at + 8, length);
        EXPECT_EQ(big_endian(png, at + 8 + length), plain_crc(name + content)) << name;
        if (name == type)
            return content;
        at += 12 + length;
    }
    return {};
}

TEST(HeatMap, IsAPngWithEveryValueInItsColor)
{
    const HeatMap map{ 3, 2, { -5.0f, 0.0f, 0.5f, 1.0f, 9.0f, std::nanf("") } };
    const std::string png = png_of(map, 0.0f, 1.0f);
    EXPECT_EQ(png.substr(0, 8), "\x89PNG\r\n\x1a\n");
    const std::string header = content_of(png, "IHDR");
    EXPECT_EQ(big_endian(header, 0), 3u);
    EXPECT_EQ(big_endian(header, 4), 2u);
    EXPECT_EQ(content_of(png, "PLTE").size(), 64u * 3);
    EXPECT_EQ(inflated(content_of(png, "IDAT"), 8), (std::string{ 0, 0, 0, 32, 0, 63, 63, 0 }));
    EXPECT_EQ(png.substr(png.size() - 4), "\xae\x42\x60\x82"); // the CRC that ends every PNG
}

TEST(HeatMap, LargeMapsComeBackWhole)
{
    HeatMap map{ 509, 307, {} }; // prime sizes
    map.values.resize(509 * 307, 1.0f);
    const std::string lines = inflated(content_of(png_of(map, 0.0f, 1.0f), "IDAT"), 510u * 307);
    ASSERT_EQ(lines.size(), 510u * 307);
    for (std::size_t i = 0; i < lines.size(); ++i)
        ASSERT_EQ(lines[i], i % 510 == 0 ? 0 : 63);
    EXPECT_DEATH(png_of({ 2, 2, { 1.0f } }, 0.0f, 1.0f), "size");
}

TEST(HeatMap, ColorsGetBrighterAllTheWay)
{
    const std::string palette = content_of(png_of({ 1, 1, { 0.0f } }, 0.0f, 1.0f), "PLTE");
    double last = 0.0;
    for (std::size_t i = 0; i < palette.size(); i += 3) {
        const auto level = [&](std::size_t k) { return static_cast<unsigned char>(palette[i + k]); };
        const double luminance = 0.2126 * level(0) + 0.7152 * level(1) + 0.0722 * level(2);
        EXPECT_GT(luminance, last);
        last = luminance;
    }
    EXPECT_GT(last, 200.0);
}

} // namespace
} // namespace prunedamr::report
