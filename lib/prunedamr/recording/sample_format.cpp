// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/recording/sample_format.h"

#include "prunedamr/base/error.h"

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
void convert_all(const unsigned char* p, std::size_t samples, std::complex<float>* out)
{
    for (std::size_t i = 0; i < samples; ++i, p += 2 * Component::kBytes)
        out[i] = { Component::read(p), Component::read(p + Component::kBytes) };
}

struct Row {
    SampleFormat format;
    const char* name;
    int bytes;
    Convert convert;
};

template <typename Component> constexpr Row row_of(SampleFormat format, const char* name)
{
    return { format, name, 2 * Component::kBytes, convert_all<Component> };
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
};

const Row& row(SampleFormat format)
{
    return kRows[static_cast<std::size_t>(format)];
}

/// SigMF's schema lets bytes carry a byte order, which says nothing; other types without one are little endian.
bool has_name(const Row& row, const std::string& name)
{
    const std::string own = row.name;
    return name == own || name + "_le" == own || (row.bytes == 2 && (name == own + "_le" || name == own + "_be"));
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
    std::string known;
    for (const auto& candidate : kRows) {
        if (has_name(candidate, name))
            return candidate.format;
        known += (known.empty() ? "" : ", ") + std::string(candidate.name);
    }
    const bool real = name.size() > 2 && name[0] == 'r' && std::strchr("fiu", name[1]) != nullptr;
    throw Error({ real ? "real-valued samples cannot be classified" : "unknown sample format", "sample format",
                  name.substr(0, 40), known });
}

const char* to_string(SampleFormat format)
{
    return row(format).name;
}

int bytes_per_sample(SampleFormat format)
{
    return row(format).bytes;
}

void convert(SampleFormat format, const std::byte* bytes, std::size_t samples, std::complex<float>* out) noexcept
{
    row(format).convert(reinterpret_cast<const unsigned char*>(bytes), samples, out);
}

} // namespace prunedamr::recording
