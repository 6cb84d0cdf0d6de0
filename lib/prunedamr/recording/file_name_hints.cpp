// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/recording/file_name_hints.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/time.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <locale>
#include <regex>
#include <sstream>

namespace prunedamr::recording {
namespace {

struct Extension {
    const char* ending;
    SampleFormat format;
};

/// SigMF's names, those of SDR programs (cs: signed, fc: float), GNU Radio's .cfile, URH's .complex*.
constexpr Extension kExtensions[] = {
    { ".cu8", SampleFormat::cu8 },
    { ".uc8", SampleFormat::cu8 },
    { ".ci8", SampleFormat::ci8 },
    { ".cs8", SampleFormat::ci8 },
    { ".sc8", SampleFormat::ci8 },
    { ".c8", SampleFormat::ci8 },
    { ".cu16", SampleFormat::cu16_le },
    { ".ci16", SampleFormat::ci16_le },
    { ".cs16", SampleFormat::ci16_le },
    { ".sc16", SampleFormat::ci16_le },
    { ".c16", SampleFormat::ci16_le },
    { ".cu32", SampleFormat::cu32_le },
    { ".ci32", SampleFormat::ci32_le },
    { ".cs32", SampleFormat::ci32_le },
    { ".sc32", SampleFormat::ci32_le },
    { ".cf32", SampleFormat::cf32_le },
    { ".fc32", SampleFormat::cf32_le },
    { ".cfile", SampleFormat::cf32_le },
    { ".complex", SampleFormat::cf32_le },
    { ".cf64", SampleFormat::cf64_le },
    { ".fc64", SampleFormat::cf64_le },
    { ".complex16u", SampleFormat::cu8 },
    { ".complex16s", SampleFormat::ci8 },
    { ".complex32u", SampleFormat::cu16_le },
    { ".complex32s", SampleFormat::ci16_le },
};

std::string lower_case(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

/// "433.92" and "M" to 433.92e6, whatever the locale.
double scaled(const std::string& digits, const std::string& suffix)
{
    std::istringstream stream(digits);
    stream.imbue(std::locale::classic());
    double value = 0.0;
    stream >> value;
    const char c = suffix.empty() ? ' ' : suffix[0];
    return value * (c == 'k' ? 1e3 : c == 'M' ? 1e6 : c == 'G' ? 1e9 : 1.0);
}

/// Digits "20200101", "120000" as UTC; nothing when they are no date.
std::optional<std::int64_t> utc(const std::string& date, const std::string& time)
{
    try {
        return time_from_rfc3339(date + "T" + time + "Z", "file name");
    } catch (const Error&) {
        return std::nullopt;
    }
}

bool read_gqrx(const std::string& name, FileNameHints& hints)
{
    static const std::regex form(R"(gqrx_(\d{8})_(\d{6})_(\d{1,12})_(\d{1,10})_fc\.raw)");
    std::smatch m;
    if (!std::regex_match(name, m, form))
        return false;
    hints.format = SampleFormat::cf32_le;
    hints.time_ns = utc(m[1], m[2]);
    hints.center_freq_hz = scaled(m[3], "");
    hints.sample_rate_hz = scaled(m[4], "");
    return true;
}

bool read_rtl_433(const std::string& name, FileNameHints& hints)
{
    static const std::regex form(R"((?:^|_)(\d{1,5}(?:\.\d{1,9})?)M_(\d{1,5}(?:\.\d{1,9})?)([kM])(?=[_.]))");
    std::smatch m;
    if (!std::regex_search(name, m, form))
        return false;
    hints.center_freq_hz = scaled(m[1], "M");
    hints.sample_rate_hz = scaled(m[2], m[3]);
    return true;
}

void read_frequency_and_time(const std::string& name, FileNameHints& hints)
{
    static const std::regex frequency(R"((?:^|[^\d.])(\d{1,12}(?:\.\d{1,9})?)([kMG]?)Hz)");
    static const std::regex time(R"((?:^|\D)(\d{8})[_-](\d{6})Z)");
    std::smatch m;
    if (std::regex_search(name, m, frequency))
        hints.center_freq_hz = scaled(m[1], m[2]);
    if (std::regex_search(name, m, time))
        hints.time_ns = utc(m[1], m[2]);
}

} // namespace

FileNameHints hints_from_file_name(const std::string& path)
{
    const std::filesystem::path file(path);
    const std::string ending = lower_case(file.extension().string());
    FileNameHints hints;
    for (const auto& row : kExtensions)
        if (ending == row.ending)
            hints.format = row.format;
    const std::string name = file.filename().string().substr(0, 255); // std::regex recurses over its input
    if (!read_gqrx(name, hints) && !read_rtl_433(name, hints))
        read_frequency_and_time(name, hints);
    return hints;
}

std::string raw_extensions()
{
    std::string text;
    for (const auto& row : kExtensions)
        text += (text.empty() ? "" : " ") + std::string(row.ending);
    return text;
}

} // namespace prunedamr::recording
