// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/data/recording.h"

#include <cstring>

namespace prunedamr::data {
namespace {

struct Row {
    SampleFormat format;
    const char* name;
    int bytes;
};

constexpr Row kRows[] = {
    { SampleFormat::cu8, "cu8", 2 },         { SampleFormat::ci8, "ci8", 2 },
    { SampleFormat::ci16_le, "ci16_le", 4 }, { SampleFormat::ci16_be, "ci16_be", 4 },
    { SampleFormat::cf32_le, "cf32_le", 8 }, { SampleFormat::cf32_be, "cf32_be", 8 },
};

const Row& row(SampleFormat format)
{
    return kRows[static_cast<std::size_t>(format)];
}

template <bool kBigEndian> float read_i16(const unsigned char* p)
{
    const unsigned value = kBigEndian ? p[0] << 8 | p[1] : p[1] << 8 | p[0];
    return static_cast<float>(static_cast<std::int16_t>(value)) / 32768.0f;
}

template <bool kBigEndian> float read_f32(const unsigned char* p)
{
    std::uint32_t bits = 0;
    for (int i = 0; i < 4; ++i)
        bits |= static_cast<std::uint32_t>(p[i]) << 8 * (kBigEndian ? 3 - i : i);
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

float read_u8(const unsigned char* p)
{
    return (static_cast<float>(*p) - 127.5f) / 127.5f;
}

float read_i8(const unsigned char* p)
{
    return static_cast<float>(static_cast<signed char>(*p)) / 128.0f;
}

template <int kBytes, float (*kRead)(const unsigned char*)>
void convert_all(const std::byte* bytes, std::size_t samples, std::complex<float>* out)
{
    const auto* p = reinterpret_cast<const unsigned char*>(bytes);
    for (std::size_t i = 0; i < samples; ++i, p += 2 * kBytes)
        out[i] = { kRead(p), kRead(p + kBytes) };
}

} // namespace

SampleFormat sample_format(const std::string& name)
{
    std::string known;
    for (const auto& candidate : kRows) {
        if (name == candidate.name || name + "_le" == candidate.name)
            return candidate.format;
        known += (known.empty() ? "" : ", ") + std::string(candidate.name);
    }
    if (!name.empty() && name[0] == 'r')
        throw Error({ "real-valued samples cannot be classified", "sample format", name, known });
    throw Error({ "unknown sample format", "sample format", name, known });
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
    switch (format) {
    case SampleFormat::cu8:
        return convert_all<1, read_u8>(bytes, samples, out);
    case SampleFormat::ci8:
        return convert_all<1, read_i8>(bytes, samples, out);
    case SampleFormat::ci16_le:
        return convert_all<2, read_i16<false>>(bytes, samples, out);
    case SampleFormat::ci16_be:
        return convert_all<2, read_i16<true>>(bytes, samples, out);
    case SampleFormat::cf32_le:
        return convert_all<4, read_f32<false>>(bytes, samples, out);
    case SampleFormat::cf32_be:
        return convert_all<4, read_f32<true>>(bytes, samples, out);
    }
}

} // namespace prunedamr::data
