// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/channel.h"

#include "prunedamr/base/vector_clones.h"
#include "prunedamr/synth/signal/phasor.h"

#include <volk/volk.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace prunedamr::synth {
namespace {

constexpr std::size_t kStride = 16;  // samples over which the oscillator's frequency is held
constexpr std::size_t kChunk = 2048; // samples whose phases are worked out at a time

void scale(Samples& samples, float factor)
{
    auto* values = reinterpret_cast<float*>(samples.data());
    volk_32f_s32f_multiply_32f(values, values, factor, static_cast<unsigned>(2 * samples.size()));
}

} // namespace

double energy(const std::complex<float>* samples, std::size_t count)
{
    constexpr std::size_t kBlock = 4096; // summed in float
    const auto* values = reinterpret_cast<const float*>(samples);
    double sum = 0.0;
    for (std::size_t first = 0; first < 2 * count; first += kBlock) {
        float part = 0.0f;
        volk_32f_x2_dot_prod_32f(&part, values + first, values + first,
                                 static_cast<unsigned>(std::min(kBlock, 2 * count - first)));
        sum += static_cast<double>(part);
    }
    return sum;
}

double rms(const Samples& samples)
{
    return std::sqrt(energy(samples.data(), samples.size()) / static_cast<double>(samples.size()));
}

void normalize_power(Samples& samples)
{
    const double total = energy(samples.data(), samples.size());
    if (total > 0.0)
        scale(samples, static_cast<float>(std::sqrt(static_cast<double>(samples.size()) / total)));
}

void gate_burst(Samples& samples, int begin, int end, int ramp)
{
    const int count = static_cast<int>(samples.size());
    begin = std::clamp(begin, -ramp, count);
    end = std::clamp(end, begin, count + ramp);
    std::fill_n(samples.begin(), std::max(0, begin), 0.0f);
    std::fill(samples.begin() + std::min(end, count), samples.end(), 0.0f);
    const int reach = std::min(ramp, (end - begin + 1) / 2); // where both ramps meet, the nearer edge counts
    for (int inside = 0; inside < reach; ++inside) {
        const auto gain = static_cast<float>(0.5 - 0.5 * std::cos(M_PI * (inside + 0.5) / ramp));
        const int rising = begin + inside, falling = end - 1 - inside;
        if (rising >= 0 && rising < count)
            samples[rising] *= gain;
        if (falling >= 0 && falling < count && falling != rising)
            samples[falling] *= gain;
    }
}

void fade(Samples& samples, double depth, double doppler, double phase)
{
    constexpr std::size_t kFadeChunk = 256; // the phase is exact at the start of each
    std::array<float, kFadeChunk> turns;
    std::array<std::complex<float>, kFadeChunk> ray;
    for (std::size_t first = 0; first < samples.size(); first += kFadeChunk) {
        const std::size_t count = std::min(kFadeChunk, samples.size() - first);
        const double start = phase / (2.0 * M_PI) + doppler * static_cast<double>(first);
        write_ramp(start - std::floor(start), doppler, count, turns.data());
        write_phasors(turns.data(), count, ray.data());
        for (std::size_t n = 0; n < count; ++n)
            ray[n] = 1.0f + static_cast<float>(depth) * ray[n];
        volk_32fc_x2_multiply_32fc(&samples[first], &samples[first], ray.data(), static_cast<unsigned>(count));
    }
}

void add_echo(Samples& samples, int delay, std::complex<float> amplitude)
{
    const std::size_t late = static_cast<std::size_t>(delay);
    std::array<std::complex<float>, kChunk> echo;
    for (std::size_t end = samples.size(); end > late;) { // from the back: what is read has no echo yet
        const std::size_t count = std::min(kChunk, end - late);
        end -= count;
        volk_32fc_s32fc_multiply_32fc(echo.data(), &samples[end - late], amplitude, static_cast<unsigned>(count));
        for (std::size_t n = 0; n < count; ++n)
            samples[end + n] += echo[n];
    }
}

namespace {

PRUNEDAMR_VECTOR_CLONES
void drift_clock_loop(Samples& samples, double drift)
{
    constexpr std::ptrdiff_t kBlock =
        16; // samples read at the same whole distance: the fraction leaves 0..1 by < 0.05
    const auto count = static_cast<std::ptrdiff_t>(samples.size());
    if (count < 2 * kBlock)
        return; // nothing drifts by as much as an interpolator's error in so few samples
    const Samples in = samples;
    const auto late = [&](double t) { return 0.5 * drift * t * (t / static_cast<double>(count) - 1.0); };
    for (std::ptrdiff_t first = 0; first < count; first += kBlock) {
        const std::ptrdiff_t end = std::min(first + kBlock, count);
        const double middle = late(static_cast<double>(first + kBlock / 2));
        const auto whole = std::clamp(static_cast<std::ptrdiff_t>(std::floor(middle)), 1 - first, count - 2 - end);
        const auto x0 = static_cast<float>(late(static_cast<double>(first)) - static_cast<double>(whole));
        const auto rise = static_cast<float>((late(static_cast<double>(end)) - late(static_cast<double>(first))) /
                                             static_cast<double>(end - first));
        const std::complex<float>* at = in.data() + first + whole;
        for (std::ptrdiff_t n = 0; n < end - first; ++n) { // Lagrange's cubic
            const float x = x0 + rise * static_cast<float>(static_cast<int>(n));
            const float outer = x * (x - 1.0f) * (1.0f / 6), inner = (x + 1.0f) * (x - 2.0f) * 0.5f;
            samples[static_cast<std::size_t>(first + n)] = (2.0f - x) * outer * at[n - 1] +
                                                           (x - 1.0f) * inner * at[n] - x * inner * at[n + 1] +
                                                           (x + 1.0f) * outer * at[n + 2];
        }
    }
}

} // namespace

void drift_clock(Samples& samples, double drift)
{
    drift_clock_loop(samples, drift);
}

namespace {

PRUNEDAMR_VECTOR_CLONES
void mix_loop(Samples& samples, const Carrier& carrier, Rng& rng)
{
    const double jitter = std::sqrt(2.0 * M_PI * carrier.line_width * kStride) / (2.0 * M_PI * kStride);
    const double count = static_cast<double>(samples.size());
    std::array<float, kChunk> turns;
    std::array<std::complex<float>, kChunk / kStride / 2> wander{};
    double cycles = carrier.phase / (2.0 * M_PI);
    for (std::size_t first = 0; first < samples.size(); first += kChunk) {
        const std::size_t end = std::min(kChunk, samples.size() - first);
        if (carrier.line_width > 0.0)
            fill_normals(wander.data(), wander.size(), rng);
        const auto* normals = reinterpret_cast<const float*>(wander.data()); // of variance 1/2
        for (std::size_t n = 0; n < end; n += kStride) {
            const double fraction = static_cast<double>(first + n) / count;
            const double frequency = carrier.offset + carrier.drift * (fraction - 0.5) +
                                     jitter * std::sqrt(2.0) * static_cast<double>(normals[n / kStride]);
            write_ramp(cycles, frequency, std::min(kStride, end - n), &turns[n]);
            cycles += frequency * kStride;
            cycles -= std::floor(cycles);
        }
        multiply_phasors(turns.data(), end, &samples[first]);
    }
}

} // namespace

void mix(Samples& samples, const Carrier& carrier, Rng& rng)
{
    mix_loop(samples, carrier, rng);
}

namespace {

constexpr std::size_t kLanes = 16;
constexpr std::size_t kNormals = 256; // normals made at a time: what the loops pass on stays in the first cache

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
    std::uint32_t radius_words[kNormals], angle_words[kNormals];
    float normals[2 * kNormals];
    for (std::size_t first = 0; first < count; first += kNormals) {
        draw(lanes, radius_words, kNormals);
        draw(lanes, angle_words, kNormals);
        for (std::size_t i = 0; i < kNormals; ++i) {
            const Phasor angle = phasor(static_cast<float>(static_cast<std::int32_t>(angle_words[i])) * 0x1p-32f);
            const float radius = scale * std::sqrt(minus_log(radius_words[i]));
            normals[2 * i] = radius * angle.re;
            normals[2 * i + 1] = radius * angle.im;
        }
        auto* values = reinterpret_cast<float*>(out + first);
        const std::size_t floats = 2 * std::min(kNormals, count - first);
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
