// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/white_noise.h"

#include "prunedamr/base/vector_clones.h"
#include "prunedamr/synth/signal/phasor.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace prunedamr::synth {
namespace {

constexpr std::size_t kLanes = 16;
constexpr std::size_t kChunk = 256; // normals made at a time: what the loops pass on stays in the first cache

/// xoshiro128++ (Blackman and Vigna, 2021), one generator per lane.
struct Lanes {
    std::uint32_t state[4][kLanes];

    explicit Lanes(Rng& rng)
    {
        for (std::size_t i = 0; i < kLanes; ++i)
            for (std::size_t word = 0; word < 4; word += 2) {
                const std::uint64_t seed = rng.next();
                state[word][i] = static_cast<std::uint32_t>(seed);
                state[word + 1][i] = static_cast<std::uint32_t>(seed >> 32);
            }
    }
};

inline std::uint32_t rotate(std::uint32_t x, int bits)
{
    return x << bits | x >> (32 - bits);
}

inline void draw(Lanes& lanes, std::uint32_t* words, std::size_t count)
{
    auto& s = lanes.state;
    for (std::size_t first = 0; first < count; first += kLanes)
        for (std::size_t i = 0; i < kLanes; ++i) {
            words[first + i] = rotate(s[0][i] + s[3][i], 7) + s[0][i];
            const std::uint32_t shifted = s[1][i] << 9;
            s[2][i] ^= s[0][i];
            s[3][i] ^= s[1][i];
            s[1][i] ^= s[2][i];
            s[0][i] ^= s[3][i];
            s[2][i] ^= shifted;
            s[3][i] = rotate(s[3][i], 11);
        }
}

/// -ln of (word + 1/2) / 2^31, the word's top bit left out: exponent and mantissa apart, the latter by a series in
/// (m - 1) / (m + 1) about sqrt(1/2)..sqrt(2).
inline float minus_log(std::uint32_t word)
{
    const float u = (static_cast<float>(static_cast<std::int32_t>(word & 0x7fffffffu)) + 0.5f) * 0x1p-31f;
    std::int32_t bits;
    std::memcpy(&bits, &u, sizeof bits);
    const std::int32_t exponent = (bits - 0x3f3504f3) >> 23;
    bits -= exponent * (1 << 23);
    float mantissa;
    std::memcpy(&mantissa, &bits, sizeof mantissa);
    const float z = (mantissa - 1.0f) / (mantissa + 1.0f), y = z * z;
    const float series = 2.0f * z * (1.0f + y * (1.0f / 3 + y * (1.0f / 5 + y * (1.0f / 7 + y * (1.0f / 9)))));
    return std::max(0.0f, -0.69314718f * static_cast<float>(exponent) - series);
}

/// out[n] = out[n] + `scale` * (normal of mean power 1).
PRUNEDAMR_VECTOR_CLONES
void add_normals(std::complex<float>* out, std::size_t count, float scale, Lanes lanes)
{
    std::uint32_t radius_words[kChunk], angle_words[kChunk];
    float normals[2 * kChunk];
    for (std::size_t first = 0; first < count; first += kChunk) {
        draw(lanes, radius_words, kChunk);
        draw(lanes, angle_words, kChunk);
        for (std::size_t i = 0; i < kChunk; ++i) {
            const Phasor angle = phasor(static_cast<float>(static_cast<std::int32_t>(angle_words[i])) * 0x1p-32f);
            const float radius = scale * std::sqrt(minus_log(radius_words[i]));
            normals[2 * i] = radius * angle.re;
            normals[2 * i + 1] = radius * angle.im;
        }
        auto* values = reinterpret_cast<float*>(out + first);
        const std::size_t floats = 2 * std::min(kChunk, count - first);
        for (std::size_t i = 0; i < floats; ++i)
            values[i] = values[i] + normals[i];
    }
}

} // namespace

void add_noise(Samples& samples, double density, Rng& rng)
{
    add_normals(samples.data(), samples.size(), static_cast<float>(std::sqrt(density)), Lanes(rng));
}

void fill_normals(std::complex<float>* out, std::size_t count, Rng& rng)
{
    std::fill(out, out + count, 0.0f);
    add_normals(out, count, 1.0f, Lanes(rng));
}

double noise_density(double power, double bandwidth, double snr_db)
{
    return power / bandwidth / std::pow(10.0, snr_db / 10.0);
}

} // namespace prunedamr::synth
