// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/measure/symbol_channel.h"

#include "prunedamr/base/vector_clones.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::measure {
namespace {

constexpr int kBlock = 128;
constexpr float kLowest = -80.0f; // exponents below are as good as none

/// e^x for -80 <= x <= 0, relative error 2e-6, in a form that compilers make vectors of.
inline float fast_exp(float x)
{
    const float y = (x < kLowest ? kLowest : x) * 1.44269504f;
    const float whole = (y + 12582912.0f) - 12582912.0f, f = y - whole;
    const float p = 1.0f + f * (0.69314718f + f * (0.24022651f + f * (0.05550411f + f * (0.00961813f + f * 0.00133336f))));
    return __builtin_bit_cast(float, __builtin_bit_cast(int, p) + (static_cast<int>(whole) << 23));
}

/// ln x of a positive, normal x, absolute error 1e-5.
inline float fast_log(float x)
{
    const int bits = __builtin_bit_cast(int, x), exponent = (bits - 0x3f3504f3) >> 23; // mantissa 0.707 .. 1.414
    const float m = __builtin_bit_cast(float, bits - (exponent << 23)), t = (m - 1.0f) / (m + 1.0f), t2 = t * t;
    return exponent * 0.69314718f + t * (2.0f + t2 * (0.66666667f + t2 * (0.4f + t2 * 0.2857143f)));
}

struct Block {
    alignas(64) float sum[kBlock], re[kBlock], im[kBlock], power[kBlock];
};

/// One part of a grid: sums of e, l e and l^2 e over the inner and the outer levels.
struct Part {
    alignas(64) float in[kBlock], in_level[kBlock], in_square[kBlock], out[kBlock], out_level[kBlock], out_square[kBlock];
};

inline void add_levels(const Alphabet& alphabet, float gain, float scale, const float* z, int count, Part& part)
{
    const int side = static_cast<int>(alphabet.levels.size());
    for (int j = 0; j < kBlock; ++j)
        part.in[j] = part.in_level[j] = part.in_square[j] = part.out[j] = part.out_level[j] = part.out_square[j] = 0.0f;
    for (int l = 0; l < side; ++l) {
        const float level = alphabet.levels[l], at = gain * level, prior = alphabet.prior[l];
        const bool is_outer = l < alphabet.cut || l >= side - alphabet.cut;
        float* sum = is_outer ? part.out : part.in;
        float* first = is_outer ? part.out_level : part.in_level;
        float* second = is_outer ? part.out_square : part.in_square;
        for (int j = 0; j < count; ++j) {
            const float d = z[j] - at, e = prior * fast_exp(-d * d * scale);
            sum[j] += e;
            first[j] += level * e;
            second[j] += level * level * e;
        }
    }
}

inline void grid_block(const Alphabet& a, float gain, float scale, const float* re, const float* im, int count, Block& b)
{
    Part i, q;
    add_levels(a, gain, scale, re, count, i);
    add_levels(a, gain, scale, im, count, q);
    for (int j = 0; j < count; ++j) {
        const float all = q.in[j] + q.out[j];
        b.sum[j] = i.in[j] * all + i.out[j] * q.in[j];
        b.re[j] = i.in_level[j] * all + i.out_level[j] * q.in[j];
        b.im[j] = q.in_level[j] * (i.in[j] + i.out[j]) + q.out_level[j] * i.in[j];
        b.power[j] = i.in_square[j] * all + i.out_square[j] * q.in[j] + q.in_square[j] * (i.in[j] + i.out[j]) +
                     q.out_square[j] * i.in[j];
    }
}

inline void point_block(const Alphabet& a, float gain, float scale, const float* re, const float* im, int count, Block& b)
{
    for (int j = 0; j < count; ++j)
        b.sum[j] = b.re[j] = b.im[j] = b.power[j] = 0.0f;
    const float prior = 1.0f / static_cast<float>(a.points.size());
    for (const Complex& point : a.points) {
        const float x = point.real(), y = point.imag(), ax = gain * x, ay = gain * y, square = x * x + y * y;
        for (int j = 0; j < count; ++j) {
            const float dx = re[j] - ax, dy = im[j] - ay, e = prior * fast_exp(-(dx * dx + dy * dy) * scale);
            b.sum[j] += e;
            b.re[j] += x * e;
            b.im[j] += y * e;
            b.power[j] += square * e;
        }
    }
}

} // namespace

Channel Channel::of_snr_db(double snr_db) noexcept
{
    const double snr = std::pow(10.0, 0.1 * snr_db);
    return { std::sqrt(snr / (1.0 + snr)), 1.0 / (1.0 + snr) };
}

double Channel::snr_db() const noexcept
{
    return 10.0 * std::log10(gain * gain / noise);
}

namespace {

PRUNEDAMR_VECTOR_CLONES Moments moments_of(const Alphabet& alphabet, const Channel& channel, const Symbols& z, int first,
                                           int count, Symbols& mean) noexcept
{
    Moments moments;
    const auto gain = static_cast<float>(channel.gain), scale = static_cast<float>(1.0 / channel.noise);
    // A cross has fewer points than its grid: the prior of each is larger.
    const double levels = static_cast<double>(alphabet.levels.size());
    const double fraction = alphabet.cut > 0 ? alphabet.points.size() / (levels * levels) : 1.0;
    const auto constant = static_cast<float>(-std::log(M_PI * channel.noise * fraction));
    Block b;
    for (int start = first; start < first + count; start += kBlock) {
        const int n = std::min(kBlock, first + count - start);
        if (alphabet.levels.empty())
            point_block(alphabet, gain, scale, z.re + start, z.im + start, n, b);
        else
            grid_block(alphabet, gain, scale, z.re + start, z.im + start, n, b);
        float likelihood = 0.0f, correlation = 0.0f, point_power = 0.0f, power = 0.0f;
        for (int j = 0; j < n; ++j) {
            const float sum = b.sum[j] + 1e-36f, re = z.re[start + j], im = z.im[start + j];
            const float ln = fast_log(sum) + constant;
            likelihood += ln < -25.0f ? -25.0f : ln;
            const float inverse = 1.0f / sum, x = b.re[j] * inverse, y = b.im[j] * inverse;
            mean.re[start + j] = x;
            mean.im[start + j] = y;
            correlation += re * x + im * y;
            point_power += b.power[j] * inverse;
            power += re * re + im * im;
        }
        moments.log_likelihood += likelihood;
        moments.correlation += correlation;
        moments.point_power += point_power;
        moments.power += power;
    }
    moments.log_likelihood /= std::max(1, count);
    return moments;
}

} // namespace

Moments expect(const Alphabet& alphabet, const Channel& channel, const Symbols& z, int first, int count,
               Symbols& mean) noexcept
{
    return moments_of(alphabet, channel, z, first, count, mean);
}

Channel maximize(const Moments& moments, int count) noexcept
{
    const double gain = moments.correlation / std::max(moments.point_power, 1e-9);
    const double noise = (moments.power - 2.0 * gain * moments.correlation + gain * gain * moments.point_power) / count;
    return { std::clamp(gain, 0.05, 3.0), std::clamp(noise, 1e-4, 3.0) };
}

float nearest(const Alphabet& alphabet, float gain, float re, float im, int& index) noexcept
{
    float best = 1e30f;
    for (std::size_t i = 0; i < alphabet.points.size(); ++i) {
        const float dx = re - gain * alphabet.points[i].real(), dy = im - gain * alphabet.points[i].imag();
        const float d = dx * dx + dy * dy;
        if (d < best) {
            best = d;
            index = static_cast<int>(i);
        }
    }
    return std::sqrt(best);
}

} // namespace prunedamr::measure
