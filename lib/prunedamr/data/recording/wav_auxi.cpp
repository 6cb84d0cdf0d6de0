// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/data/recording/wav_auxi.h"

#include "prunedamr/base/error.h"
#include "prunedamr/data/recording/rfc3339.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace prunedamr::data {
namespace {

constexpr std::size_t kFrequencyOffset = 32; ///< behind start and stop time
constexpr std::int64_t kNsPerMs = 1'000'000;

int u16(const std::string& bytes, std::size_t offset)
{
    return static_cast<unsigned char>(bytes[offset]) | static_cast<unsigned char>(bytes[offset + 1]) << 8;
}

/// Windows' SYSTEMTIME: year, month, day of week, day, hour, minute, second, millisecond.
std::optional<std::int64_t> system_time_ns(const std::string& bytes)
{
    char text[80];
    std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", u16(bytes, 0), u16(bytes, 2), u16(bytes, 6),
                  u16(bytes, 8), u16(bytes, 10), u16(bytes, 12));
    try {
        return ns_from_iso8601(text, "auxi") + std::min(u16(bytes, 14), 999) * kNsPerMs;
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

} // namespace

WavAuxi read_wav_auxi(const std::string& content)
{
    if (content.substr(0, 64).find("<?xml") != std::string::npos || content.substr(0, 2) == std::string("<\0", 2) ||
        content.substr(0, 3) == std::string("\xff\xfe<", 3))
        return read_xml(content);
    WavAuxi auxi;
    if (content.size() < kFrequencyOffset + 4)
        return auxi;
    auxi.time_ns = system_time_ns(content);
    const double freq = u16(content, kFrequencyOffset) + 65536.0 * u16(content, kFrequencyOffset + 2);
    if (freq > 0.0)
        auxi.center_freq_hz = freq;
    return auxi;
}

} // namespace prunedamr::data
