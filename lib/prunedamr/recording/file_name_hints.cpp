// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/recording/file_name_hints.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/base/time.h"
#include "prunedamr/recording/recording_layout.h"

#include <filesystem>
#include <locale>
#include <regex>
#include <sstream>

namespace prunedamr::recording {
namespace {

constexpr std::size_t kMaxCompanionBytes = 64 << 10;

/// "433.92" and "M" to 433.92e6, whatever the locale.
double scaled(const std::string& digits, const std::string& suffix)
{
    std::istringstream stream(digits);
    stream.imbue(std::locale::classic());
    double value = 0.0;
    stream >> value;
    const char c = suffix.empty() ? ' ' : suffix[0];
    return value * (c == 'k' || c == 'K' ? 1e3 : c == 'M' ? 1e6 : c == 'G' ? 1e9 : 1.0);
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

/// osmocom_fft; its time is local.
bool read_osmocom(const std::string& name, FileNameHints& hints)
{
    static const std::regex form(R"(-f(\d\.\d{1,9}e[+-]\d\d)-s(\d\.\d{1,9}e[+-]\d\d))");
    std::smatch m;
    if (!std::regex_search(name, m, form))
        return false;
    hints.center_freq_hz = scaled(m[1], "");
    hints.sample_rate_hz = scaled(m[2], "");
    return true;
}

bool read_kiwi(const std::string& name, FileNameHints& hints)
{
    static const std::regex form(R"((\d{8})T(\d{6})Z_(\d{1,9})_.*)");
    std::smatch m;
    if (!std::regex_match(name, m, form))
        return false;
    hints.time_ns = utc(m[1], m[2]);
    hints.center_freq_hz = scaled(m[3], "");
    return true;
}

/// Seconds since 1970 before the frequency (gamutRF), a date with a Z (SDR#, HDSDR, SDRuno) or SatDump's.
void read_time(const std::string& name, FileNameHints& hints)
{
    static const std::regex seconds(R"(gamutrf.*\D(\d{10})(?:\.\d{1,9})?_\d{1,12}Hz)");
    static const std::regex date(R"((?:^|\D)(\d{8})[_-](\d{6})Z)");
    static const std::regex satdump(
        R"(^(\d{4}-\d\d-\d\d)_(\d\d)-(\d\d)-(\d\d)(?:-(\d{3}))?(?:-[\d.]{1,20})?_\d{1,12}SPS)");
    std::smatch m;
    if (std::regex_search(name, m, seconds))
        hints.time_ns = time_of_seconds(static_cast<double>(std::stoll(m[1])));
    else if (std::regex_search(name, m, satdump))
        hints.time_ns =
            utc(m[1], m[2].str() + ":" + m[3].str() + ":" + m[4].str() + (m[5].matched ? "." + m[5].str() : ""));
    else if (std::regex_search(name, m, date))
        hints.time_ns = utc(m[1], m[2]);
}

void read_units(const std::string& name, FileNameHints& hints)
{
    static const std::regex underscore(R"(-(\d{1,5})_(\d{1,9})([kMG])Hz)"); // for a point
    static const std::regex frequency(R"((?:^|[^\d.])(\d{1,12}(?:\.\d{1,9})?)([kKMG]?)H[zZ])");
    static const std::regex rate(R"((?:^|[^\d.])(\d{1,12}(?:\.\d{1,9})?)([kKMG]?)(?:sps|SPS|Sps))");
    std::smatch m;
    if (std::regex_search(name, m, underscore))
        hints.center_freq_hz = scaled(m[1].str() + "." + m[2].str(), m[3]);
    else if (std::regex_search(name, m, frequency))
        hints.center_freq_hz = scaled(m[1], m[2]);
    if (std::regex_search(name, m, rate))
        hints.sample_rate_hz = scaled(m[1], m[2]);
    if (!hints.format && hints.sample_rate_hz && name.find("gamutrf") == 0 && name.size() > 4 &&
        name.compare(name.size() - 4, 4, ".raw") == 0)
        hints.format = SampleFormat::cf32_le;
}

} // namespace

FileNameHints hints_from_file_name(const std::string& path)
{
    const std::filesystem::path file(path);
    FileNameHints hints;
    hints.format = format_of_extension(file.extension().string());
    const std::string name = file.filename().string().substr(0, 255); // std::regex recurses over its input
    if (!read_gqrx(name, hints) && !read_rtl_433(name, hints) && !read_osmocom(name, hints) &&
        !read_kiwi(name, hints)) {
        read_time(name, hints);
        read_units(name, hints);
    }
    if (hints.sample_rate_hz && !(*hints.sample_rate_hz > 0.0))
        hints.sample_rate_hz.reset();
    return hints;
}

void add_companion_hints(const std::string& path, FileNameHints& hints)
{
    namespace fs = std::filesystem;
    const std::string extension = fs::path(path).extension().string();
    if (extension != ".C16" && extension != ".C8" && extension != ".c16" && extension != ".c8")
        return;
    for (const char* ending : { ".TXT", ".txt" }) {
        const std::string beside = fs::path(path).replace_extension(ending).string();
        std::error_code failure;
        if (!fs::is_regular_file(beside, failure) || fs::file_size(beside, failure) > kMaxCompanionBytes)
            continue;
        std::istringstream text(read_file(beside, kMaxCompanionBytes));
        for (std::string line; std::getline(text, line);) {
            const auto equals = line.find('=');
            const std::string value = equals == std::string::npos ? "" : line.substr(equals + 1, 20);
            const double number = scaled(value, "");
            if (line.rfind("sample_rate=", 0) == 0 && number > 0.0)
                hints.sample_rate_hz = number;
            if (line.rfind("center_frequency=", 0) == 0 && number > 0.0)
                hints.center_freq_hz = number;
        }
        return;
    }
}

} // namespace prunedamr::recording
