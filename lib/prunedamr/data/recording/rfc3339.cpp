// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/data/recording/rfc3339.h"

#include "prunedamr/base/error.h"

#include <cstdio>
#include <regex>

namespace prunedamr::data {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::int64_t kSecondsPerDay = 86400;

/// Days since 1970-01-01 of a Gregorian date: years are counted from March, so that the leap day is the last.
std::int64_t days_from_date(int year, int month, int day)
{
    const int y = month <= 2 ? year - 1 : year;
    const int era = (y >= 0 ? y : y - 399) / 400;
    const int year_of_era = y - era * 400;
    const int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return std::int64_t{ era } * 146097 + day_of_era - 719468;
}

struct Date {
    std::int64_t year;
    int month;
    int day;
};

Date date_from_days(std::int64_t days)
{
    days += 719468;
    const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    const auto day_of_era = static_cast<int>(days - era * 146097);
    const int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int shifted = (5 * day_of_year + 2) / 153;
    const int month = shifted < 10 ? shifted + 3 : shifted - 9;
    return { year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * shifted + 2) / 5 + 1 };
}

int days_in_month(int year, int month)
{
    const int next_year = month == 12 ? year + 1 : year;
    const int next_month = month == 12 ? 1 : month + 1;
    return static_cast<int>(days_from_date(next_year, next_month, 1) - days_from_date(year, month, 1));
}

bool in_range(int value, int low, int high)
{
    return value >= low && value <= high;
}

} // namespace

std::int64_t ns_from_iso8601(const std::string& text, const std::string& where)
{
    static const std::regex form(R"((\d{4})-?(\d\d)-?(\d\d)[Tt ](\d\d):?(\d\d):?(\d\d)(?:[.,](\d+))?)"
                                 R"((?:([+-])(\d\d):?(\d\d))?[Zz]?)");
    std::smatch m;
    const bool matches = text.size() < 64 && std::regex_match(text, m, form);
    const auto field = [&m](int i) { return m[i].matched ? std::stoi(m[i].str()) : 0; };
    if (!matches || !in_range(field(1), 1678, 2261) || !in_range(field(2), 1, 12) ||
        !in_range(field(3), 1, days_in_month(field(1), field(2))) || !in_range(field(4), 0, 23) ||
        !in_range(field(5), 0, 59) || !in_range(field(6), 0, 60))
        throw Error({ "bad date and time", where, text.substr(0, 64), "RFC 3339, as 2026-03-01T12:00:00Z" });

    std::int64_t seconds =
        days_from_date(field(1), field(2), field(3)) * kSecondsPerDay + field(4) * 3600 + field(5) * 60 + field(6);
    if (m[8].matched)
        seconds -= (m[8].str() == "-" ? -1 : 1) * (field(9) * 3600 + field(10) * 60);
    std::string decimals = m[7].str();
    decimals.resize(9, '0');
    return seconds * kNsPerSecond + std::stoll(decimals);
}

std::string rfc3339_from_ns(std::int64_t time_ns)
{
    std::int64_t seconds = time_ns / kNsPerSecond;
    std::int64_t ns = time_ns % kNsPerSecond;
    if (ns < 0) {
        ns += kNsPerSecond;
        --seconds;
    }
    std::int64_t days = seconds / kSecondsPerDay;
    std::int64_t of_day = seconds % kSecondsPerDay;
    if (of_day < 0) {
        of_day += kSecondsPerDay;
        --days;
    }
    const Date date = date_from_days(days);
    char text[64];
    std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%09lldZ", static_cast<int>(date.year),
                  date.month, date.day, static_cast<int>(of_day / 3600), static_cast<int>(of_day / 60 % 60),
                  static_cast<int>(of_day % 60), static_cast<long long>(ns));
    return text;
}

} // namespace prunedamr::data
