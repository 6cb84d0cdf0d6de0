// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/atomic_file.h"
#include "prunedamr/base/error.h"
#include "prunedamr/data/recording.h"
#include "prunedamr/data/sigmf_meta.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace prunedamr::data {
namespace {

void append_le(std::string& bytes, std::uint32_t value, int count)
{
    for (int i = 0; i < count; ++i)
        bytes.push_back(static_cast<char>(value >> 8 * i & 0xff));
}

void append_i16(std::string& bytes, float x)
{
    const float scaled = std::clamp(std::round(x * 32768.0f), -32768.0f, 32767.0f);
    append_le(bytes, static_cast<std::uint16_t>(static_cast<std::int16_t>(scaled)), 2);
}

void append_f32(std::string& bytes, float x)
{
    std::uint32_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    append_le(bytes, bits, 4);
}

} // namespace

void write_sigmf(const std::string& path, const RecordingInfo& info,
                 const std::vector<std::complex<float>>& samples)
{
    const SigmfPair pair = sigmf_pair(path);
    const bool as_float = info.format == SampleFormat::cf32_le;
    if (!as_float && info.format != SampleFormat::ci16_le)
        throw Error({ "cannot write this sample format", pair.data, to_string(info.format), "cf32_le or ci16_le" });
    if (!(info.sample_rate_hz > 0.0))
        throw Error({ "bad sample rate", pair.meta, std::to_string(info.sample_rate_hz), "above 0 Hz" });
    std::string bytes;
    bytes.reserve(samples.size() * static_cast<std::size_t>(bytes_per_sample(info.format)));
    for (const auto& x : samples) {
        const auto append = as_float ? append_f32 : append_i16;
        append(bytes, x.real());
        append(bytes, x.imag());
    }
    write_text_atomically(pair.data, bytes);
    write_text_atomically(pair.meta, sigmf_meta_text(info));
}

} // namespace prunedamr::data
