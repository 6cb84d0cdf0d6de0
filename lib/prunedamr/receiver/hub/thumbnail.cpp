// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/hub/thumbnail.h"

#include "prunedamr/base/checksum.h"
#include "prunedamr/base/deflate.h"
#include "prunedamr/dsp/fft.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace prunedamr::receiver::hub {
namespace {

constexpr int kWidth = kThumbnailWidth, kHeight = kThumbnailHeight;
constexpr int kSegments = 4; ///< of a column, at most
constexpr float kLeast = 1e-20f, kLeastRangeDb = 12.0f;

void append_big_endian(std::string& bytes, std::uint32_t number)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes += static_cast<char>(number >> shift & 255u);
}

void append_chunk(std::string& png, const std::string& type, const std::string& content)
{
    append_big_endian(png, static_cast<std::uint32_t>(content.size()));
    png += type + content;
    append_big_endian(png, crc32(type + content));
}

/// Rows of pixels, the uppermost first. PNG, third edition.
std::string gray_png(const std::vector<std::uint8_t>& pixels)
{
    std::string rows;
    for (int y = 0; y < kHeight; ++y) {
        rows += '\0'; // no filter
        rows.append(reinterpret_cast<const char*>(pixels.data()) + y * kWidth, kWidth);
    }
    std::string header;
    append_big_endian(header, kWidth);
    append_big_endian(header, kHeight);
    header += std::string("\x08\x00\x00\x00\x00", 5); // 8 bits, gray
    std::string png = "\x89PNG\r\n\x1a\n";
    append_chunk(png, "IHDR", header);
    append_chunk(png, "IDAT", deflated(rows));
    append_chunk(png, "IEND", "");
    return png;
}

/// dB of [column][bin], by rising frequency.
std::vector<float> spectrogram(const std::complex<float>* samples, std::size_t count)
{
    const dsp::Fft fft(kHeight, dsp::FftDirection::forward);
    std::vector<std::complex<float>> in(kHeight), out(kHeight);
    std::vector<float> db(static_cast<std::size_t>(kWidth * kHeight));
    const std::size_t room = count - kHeight;
    for (int column = 0; column < kWidth; ++column) {
        std::vector<float> power(kHeight, kLeast);
        for (int segment = 0; segment < kSegments; ++segment) {
            const double place = (column + (segment + 0.5) / kSegments) / kWidth;
            const std::complex<float>* const first = samples + static_cast<std::size_t>(place * static_cast<double>(room));
            for (int i = 0; i < kHeight; ++i)
                in[i] = first[i] * static_cast<float>(0.5 - 0.5 * std::cos(2.0 * M_PI * (i + 0.5) / kHeight));
            fft.run(in.data(), out.data());
            for (int i = 0; i < kHeight; ++i)
                power[i] += std::norm(out[(i + kHeight / 2) % kHeight]);
        }
        for (int i = 0; i < kHeight; ++i)
            db[static_cast<std::size_t>(column * kHeight + i)] = std::isfinite(power[i]) ? 10.0f * std::log10(power[i]) : 0.0f;
    }
    return db;
}

} // namespace

std::string spectrogram_png(const std::complex<float>* samples, std::size_t count)
{
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(kWidth * kHeight));
    if (count < kHeight)
        return gray_png(pixels);
    const std::vector<float> db = spectrogram(samples, count);
    std::vector<float> sorted = db;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    const float low = *middle, range = std::max(kLeastRangeDb, *std::max_element(sorted.begin(), sorted.end()) - low);
    for (int x = 0; x < kWidth; ++x)
        for (int y = 0; y < kHeight; ++y) {
            const float level = (db[static_cast<std::size_t>(x * kHeight + kHeight - 1 - y)] - low) / range;
            pixels[static_cast<std::size_t>(y * kWidth + x)] = static_cast<std::uint8_t>(std::lround(255.0f * std::clamp(level, 0.0f, 1.0f)));
        }
    return gray_png(pixels);
}

} // namespace prunedamr::receiver::hub
