// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/time.h"

#include "prunedamr/base/error.h"

#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <regex>

namespace prunedamr {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

bool in_range(int value, int min, int max)
{
    return value >= min && value <= max;
}

} // namespace

std::int64_t system_time_ns() noexcept
{
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

std::string rfc3339(std::int64_t time_ns)
{
    std::int64_t ns = time_ns % kNsPerSecond;
    if (ns < 0)
        ns += kNsPerSecond;
    const std::time_t seconds = (time_ns - ns) / kNsPerSecond;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", utc.tm_year + 1900, utc.tm_mon + 1,
                       utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, ns);
}

std::int64_t time_from_rfc3339(const std::string& text, const std::string& where)
{
    static const std::regex form(R"((\d{4})-?(\d\d)-?(\d\d)[Tt ](\d\d):?(\d\d):?(\d\d)(?:[.,](\d+))?)"
                                 R"((?:([+-])(\d\d):?(\d\d))?[Zz]?)");
    std::smatch m;
    const Error bad({ "bad date and time", where, text.substr(0, 64), "RFC 3339, as 2026-03-01T12:00:00Z" });
    if (text.size() >= 64 || !std::regex_match(text, m, form))
        throw bad;
    const auto field = [&m](int i) { return m[i].matched ? std::stoi(m[i].str()) : 0; };
    std::tm day{};
    day.tm_year = field(1) - 1900;
    day.tm_mon = field(2) - 1;
    day.tm_mday = field(3);
    std::int64_t seconds = timegm(&day); // which turns the 30th of February into a day of March
    if (!in_range(field(1), 1678, 2261) || !in_range(field(2), 1, 12) || day.tm_mday != field(3) ||
        !in_range(field(4), 0, 23) || !in_range(field(5), 0, 59) || !in_range(field(6), 0, 60))
        throw bad;

    seconds += field(4) * 3600 + field(5) * 60 + field(6);
    if (m[8].matched)
        seconds -= (m[8].str() == "-" ? -1 : 1) * (field(9) * 3600 + field(10) * 60);
    std::string decimals = m[7].str();
    decimals.resize(9, '0');
    return seconds * kNsPerSecond + std::stoll(decimals);
}

} // namespace prunedamr
