// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/recording/sample_format.h"

#include "prunedamr/base/error.h"

#include <cmath>
#include <cstdint>
#include <cstring>

namespace prunedamr::recording {
namespace {

using Convert = void (*)(const unsigned char* bytes, std::size_t samples, std::complex<float>* out);

template <typename Word, bool kBigEndian, int kBytes = sizeof(Word)> Word read_word(const unsigned char* p)
{
    Word word = 0;
    for (int i = 0; i < kBytes; ++i)
        word = static_cast<Word>(word | static_cast<Word>(p[i]) << 8 * (kBigEndian ? kBytes - 1 - i : i));
    return word;
}

/// One component, +-1 at full scale. 32 bits and more are scaled in double precision, then rounded once.
template <typename Word, bool kBigEndian> struct Unsigned {
    static constexpr int kBytes = sizeof(Word);
    static float read(const unsigned char* p)
    {
        using Real = std::conditional_t<(sizeof(Word) < 4), float, double>;
        constexpr Real middle = static_cast<Word>(~Word{ 0 }) / Real{ 2 };
        return static_cast<float>((static_cast<Real>(read_word<Word, kBigEndian>(p)) - middle) / middle);
    }
};

template <typename Word, bool kBigEndian, int kWordBytes = sizeof(Word)> struct Signed {
    static constexpr int kBytes = kWordBytes;
    static float read(const unsigned char* p)
    {
        using Integer = std::make_signed_t<Word>;
        constexpr int unused = 8 * (static_cast<int>(sizeof(Word)) - kWordBytes);
        const auto word = static_cast<Word>(read_word<Word, kBigEndian, kWordBytes>(p) << unused);
        constexpr float scale = 1.0f / static_cast<float>(std::uint64_t{ 1 } << (8 * sizeof(Word) - 1));
        return static_cast<float>(static_cast<Integer>(word)) * scale;
    }
};

template <typename Word, typename Real, bool kBigEndian> struct Float {
    static constexpr int kBytes = sizeof(Word);
    static float read(const unsigned char* p)
    {
        const Word bits = read_word<Word, kBigEndian>(p);
        Real value;
        std::memcpy(&value, &bits, sizeof value);
        return static_cast<float>(value);
    }
};

template <typename Component>
void convert_pairs(const unsigned char* p, std::size_t samples, std::complex<float>* out)
{
    for (std::size_t i = 0; i < samples; ++i, p += 2 * Component::kBytes)
        out[i] = { Component::read(p), Component::read(p + Component::kBytes) };
}

template <typename Component>
void convert_real(const unsigned char* p, std::size_t samples, std::complex<float>* out)
{
    for (std::size_t i = 0; i < samples; ++i, p += Component::kBytes)
        out[i] = { Component::read(p), 0.0f };
}

struct Row {
    SampleFormat format;
    const char* name;
    int bytes;
    Convert convert;
};

template <typename Component> constexpr Row row_of(SampleFormat format, const char* name)
{
    return name[0] == 'r' ? Row{ format, name, Component::kBytes, convert_real<Component> }
                          : Row{ format, name, 2 * Component::kBytes, convert_pairs<Component> };
}

using F = SampleFormat;
constexpr Row kRows[] = {
    row_of<Unsigned<std::uint8_t, false>>(F::cu8, "cu8"),
    row_of<Signed<std::uint8_t, false>>(F::ci8, "ci8"),
    row_of<Unsigned<std::uint16_t, false>>(F::cu16_le, "cu16_le"),
    row_of<Unsigned<std::uint16_t, true>>(F::cu16_be, "cu16_be"),
    row_of<Signed<std::uint16_t, false>>(F::ci16_le, "ci16_le"),
    row_of<Signed<std::uint16_t, true>>(F::ci16_be, "ci16_be"),
    row_of<Signed<std::uint32_t, false, 3>>(F::ci24_le, "ci24_le"),
    row_of<Unsigned<std::uint32_t, false>>(F::cu32_le, "cu32_le"),
    row_of<Unsigned<std::uint32_t, true>>(F::cu32_be, "cu32_be"),
    row_of<Signed<std::uint32_t, false>>(F::ci32_le, "ci32_le"),
    row_of<Signed<std::uint32_t, true>>(F::ci32_be, "ci32_be"),
    row_of<Float<std::uint32_t, float, false>>(F::cf32_le, "cf32_le"),
    row_of<Float<std::uint32_t, float, true>>(F::cf32_be, "cf32_be"),
    row_of<Float<std::uint64_t, double, false>>(F::cf64_le, "cf64_le"),
    row_of<Float<std::uint64_t, double, true>>(F::cf64_be, "cf64_be"),
    row_of<Unsigned<std::uint8_t, false>>(F::ru8, "ru8"),
    row_of<Signed<std::uint8_t, false>>(F::ri8, "ri8"),
    row_of<Unsigned<std::uint16_t, false>>(F::ru16_le, "ru16_le"),
    row_of<Unsigned<std::uint16_t, true>>(F::ru16_be, "ru16_be"),
    row_of<Signed<std::uint16_t, false>>(F::ri16_le, "ri16_le"),
    row_of<Signed<std::uint16_t, true>>(F::ri16_be, "ri16_be"),
    row_of<Signed<std::uint32_t, false, 3>>(F::ri24_le, "ri24_le"),
    row_of<Unsigned<std::uint32_t, false>>(F::ru32_le, "ru32_le"),
    row_of<Unsigned<std::uint32_t, true>>(F::ru32_be, "ru32_be"),
    row_of<Signed<std::uint32_t, false>>(F::ri32_le, "ri32_le"),
    row_of<Signed<std::uint32_t, true>>(F::ri32_be, "ri32_be"),
    row_of<Float<std::uint32_t, float, false>>(F::rf32_le, "rf32_le"),
    row_of<Float<std::uint32_t, float, true>>(F::rf32_be, "rf32_be"),
    row_of<Float<std::uint64_t, double, false>>(F::rf64_le, "rf64_le"),
    row_of<Float<std::uint64_t, double, true>>(F::rf64_be, "rf64_be"),
};

const Row& row(SampleFormat format)
{
    return kRows[static_cast<std::size_t>(format)];
}

/// Names of other programs: GNU Radio, UHD, SoapySDR, rtl_433, URH, SatDump, NumPy. As extensions of files, too.
struct Alias {
    const char* name;
    SampleFormat format;
    bool is_extension = true;
};

constexpr Alias kAliases[] = {
    { "cu8", F::cu8 },
    { "uc8", F::cu8 },
    { "u8", F::cu8 },
    { "complex16u", F::cu8 },
    { "uint8", F::cu8, false },
    { "ci8", F::ci8 },
    { "cs8", F::ci8 },
    { "sc8", F::ci8 },
    { "c8", F::ci8 },
    { "s8", F::ci8 },
    { "i8", F::ci8 },
    { "complex16s", F::ci8 },
    { "int8", F::ci8, false },
    { "cu16", F::cu16_le },
    { "u16", F::cu16_le },
    { "complex32u", F::cu16_le },
    { "uint16", F::cu16_le, false },
    { "ci16", F::ci16_le },
    { "cs16", F::ci16_le },
    { "sc16", F::ci16_le },
    { "c16", F::ci16_le },
    { "s16", F::ci16_le },
    { "i16", F::ci16_le },
    { "complex32s", F::ci16_le },
    { "sc16q11", F::ci16_le, false },
    { "int16", F::ci16_le, false },
    { "short", F::ci16_le, false },
    { "cs24", F::ci24_le },
    { "cu32", F::cu32_le },
    { "u32", F::cu32_le },
    { "ci32", F::ci32_le },
    { "cs32", F::ci32_le },
    { "sc32", F::ci32_le },
    { "s32", F::ci32_le },
    { "int32", F::ci32_le, false },
    { "cf32", F::cf32_le },
    { "fc32", F::cf32_le },
    { "f32", F::cf32_le },
    { "cfile", F::cf32_le },
    { "complex", F::cf32_le },
    { "complex64", F::cf32_le },
    { "float32", F::cf32_le, false },
    { "float", F::cf32_le, false },
    { "cf64", F::cf64_le },
    { "fc64", F::cf64_le },
    { "f64", F::cf64_le },
    { "complex128", F::cf64_le },
    { "float64", F::cf64_le, false },
    { "double", F::cf64_le, false },
};

std::string lower_case(std::string text)
{
    for (char& c : text)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return text;
}

/// Bytes may carry a byte order, which says nothing, as SigMF's schema allows; of other types little endian is
/// meant where none stands.
bool is_name_of(const std::string& name, const std::string& own, SampleFormat format)
{
    const int component = bytes_per_sample(format) / (is_real(format) ? 1 : 2);
    return name == own || name + "_le" == own || name == own + "_le" || (component == 1 && name == own + "_be");
}

std::optional<SampleFormat> known_format(const std::string& name, bool extensions_only)
{
    if (!extensions_only)
        for (const auto& row : kRows)
            if (is_name_of(name, row.name, row.format))
                return row.format;
    for (const auto& alias : kAliases)
        if ((alias.is_extension || !extensions_only) && is_name_of(name, alias.name, alias.format))
            return alias.format;
    return std::nullopt;
}

} // namespace

std::vector<SampleFormat> sample_formats()
{
    std::vector<SampleFormat> all;
    for (const auto& row : kRows)
        all.push_back(row.format);
    return all;
}

SampleFormat sample_format(const std::string& name)
{
    if (const auto format = known_format(lower_case(name), false))
        return *format;
    std::string known;
    for (const auto& row : kRows)
        known += (known.empty() ? "" : ", ") + std::string(row.name);
    throw Error({ "unknown sample format", "sample format", name.substr(0, 40), known });
}

std::optional<SampleFormat> format_of_extension(const std::string& extension)
{
    return extension.size() < 2 ? std::nullopt : known_format(lower_case(extension.substr(1)), true);
}

std::string raw_extensions()
{
    std::string text;
    for (const auto& alias : kAliases)
        if (alias.is_extension)
            text += (text.empty() ? "." : " .") + std::string(alias.name);
    return text;
}

const char* to_string(SampleFormat format)
{
    return row(format).name;
}

int bytes_per_sample(SampleFormat format)
{
    return row(format).bytes;
}

bool is_real(SampleFormat format)
{
    return row(format).name[0] == 'r';
}

void convert(SampleFormat format, const std::byte* bytes, std::size_t samples, std::complex<float>* out) noexcept
{
    row(format).convert(reinterpret_cast<const unsigned char*>(bytes), samples, out);
}

RealToComplex::RealToComplex()
{
    constexpr double kPi = 3.14159265358979323846;
    for (std::size_t k = 0; k < taps_.size(); ++k) {
        const double n = 2.0 * static_cast<double>(k) + 1.0;
        const double x = kPi * n / static_cast<double>(kReach + 1);
        const double blackman = 0.42 + 0.5 * std::cos(x) + 0.08 * std::cos(2.0 * x);
        taps_[k] = static_cast<float>(2.0 / (kPi * n) * blackman);
    }
    restart(kReach, 0);
}

void RealToComplex::restart(std::size_t zeros, std::uint64_t first_output)
{
    line_.fill(0.0f);
    at_ = 0;
    needed_ = 2 * kReach + 1 - zeros;
    negative_ = first_output % 2 != 0;
}

void RealToComplex::push(float x) noexcept
{
    constexpr std::size_t length = 2 * kReach + 1;
    line_[at_] = line_[at_ + length] = x;
    at_ = (at_ + 1) % length;
}

std::size_t RealToComplex::process(const std::complex<float>* in, std::size_t count,
                                   std::complex<float>* out) noexcept
{
    std::size_t done = 0;
    for (std::size_t i = 0; i < count; ++i) {
        push(in[i].real());
        if (--needed_ > 0)
            continue;
        needed_ = 2;
        const float* center = line_.data() + at_ + kReach;
        float imaginary = 0.0f;
        for (std::size_t k = 0; k < taps_.size(); ++k)
            imaginary += taps_[k] * (*(center - (2 * k + 1)) - *(center + (2 * k + 1)));
        const float sign = negative_ ? -1.0f : 1.0f;
        out[done++] = { sign * *center, sign * imaginary };
        negative_ = !negative_;
    }
    return done;
}

} // namespace prunedamr::recording
