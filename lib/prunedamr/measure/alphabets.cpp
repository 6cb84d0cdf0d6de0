// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/measure/alphabets.h"

#include "prunedamr/base/vector_clones.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace prunedamr::measure {
namespace {

using Points = std::vector<Complex>;

constexpr int kWeights = 150;
constexpr double kWeightStep = 0.02, kWeightNoise = 0.01;

Points circle(int count, double first = 0.0, double radius = 1.0)
{
    Points points;
    for (int k = 0; k < count; ++k)
        points.push_back(Complex(std::polar(radius, 2.0 * M_PI * (k + first) / count)));
    return points;
}

struct Ring {
    int count;
    double radius, first; ///< first: of a step
};

Points rings(std::initializer_list<Ring> list)
{
    Points points;
    for (const Ring& ring : list)
        for (const Complex& point : circle(ring.count, ring.first, ring.radius))
            points.push_back(point);
    return points;
}

double normalize(Points& points, const std::vector<float>* weights = nullptr)
{
    double power = 0.0, sum = 0.0;
    for (std::size_t i = 0; i < points.size(); ++i) {
        const double weight = weights ? (*weights)[i] : 1.0;
        power += weight * std::norm(points[i]);
        sum += weight;
    }
    const double scale = std::sqrt(sum / power);
    for (auto& point : points)
        point *= static_cast<float>(scale);
    return scale;
}

void finish(Alphabet& row, const std::vector<float>* weights = nullptr)
{
    double fourth = 0.0, total = 0.0;
    for (std::size_t i = 0; i < row.points.size(); ++i) {
        const double weight = weights ? (*weights)[i] : 1.0, power = std::norm(row.points[i]);
        fourth += weight * power * power;
        total += weight;
    }
    row.fourth = fourth / total;
    row.min_distance = 1e9f;
    std::complex<double> mean;
    for (std::size_t i = 0; i < row.points.size(); ++i) {
        const auto point = std::complex<double>(row.points[i]);
        mean += std::polar(std::pow(std::abs(point), std::min(row.power, 4)), row.power * std::arg(point));
        for (std::size_t j = 0; j < i; ++j)
            row.min_distance = std::min(row.min_distance, std::abs(row.points[i] - row.points[j]));
    }
    row.reference = std::arg(mean);
}

/// Mean of cos(4 angle) given |z| = r: each point is a normal distribution in angle of variance noise / (2 r rho).
void weigh(Alphabet& row)
{
    row.weight.resize(kWeights);
    row.reference = 0.0;
    for (int i = 0; i < kWeights; ++i) {
        const double r = (i + 0.5) * kWeightStep;
        double sum = 0.0, total = 1e-3; // few symbols there: no weight
        for (const auto& point : row.points) {
            const double rho = std::abs(point), apart = r - rho;
            const double here = std::exp(-apart * apart / kWeightNoise) / row.points.size() / std::sqrt(rho + 0.05);
            total += here;
            sum += here * std::cos(4.0 * std::arg(point)) * std::exp(-8.0 * kWeightNoise / (2.0 * r * rho + 1e-9));
        }
        row.weight[i] = static_cast<float>(sum / total);
    }
}

Alphabet row_of(const char* name, Points points, int power, bool is_decoy = false)
{
    Alphabet row{ name, is_decoy, std::move(points), {}, {} };
    row.power = power;
    normalize(row.points);
    finish(row);
    return row;
}

Alphabet weighted(const char* name, Points points, bool is_decoy = false)
{
    Alphabet row = row_of(name, std::move(points), 4, is_decoy);
    weigh(row);
    return row;
}

/// `side` levels on either part, without the corners of `cut` by `cut`.
Alphabet grid(const char* name, int side, int cut, std::vector<float> prior = {})
{
    Alphabet row{ name, !prior.empty(), {}, {}, std::move(prior) };
    if (row.prior.empty())
        row.prior.assign(side, 1.0f / side);
    row.cut = cut;
    std::vector<float> weights;
    for (int i = 0; i < side; ++i) {
        row.levels.push_back(static_cast<float>(2 * i - side + 1));
        for (int q = 0; q < side; ++q) {
            const bool outer_i = i < cut || i >= side - cut, outer_q = q < cut || q >= side - cut;
            if (outer_i && outer_q)
                continue;
            row.points.push_back(Complex(2.0f * i - side + 1, 2.0f * q - side + 1));
            weights.push_back(row.prior[i] * row.prior[q]);
        }
    }
    const auto scale = static_cast<float>(normalize(row.points, &weights));
    for (float& level : row.levels)
        level *= scale;
    finish(row, &weights);
    if (side > 4)
        weigh(row);
    return row;
}

Points rectangle(int wide, int high)
{
    Points points;
    for (int i = 1 - wide; i < wide; i += 2)
        for (int q = 1 - high; q < high; q += 2)
            points.emplace_back(i, q);
    return points;
}

Points line(int count)
{
    return rectangle(count, 1);
}

std::vector<Alphabet> table()
{
    std::vector<Alphabet> rows;
    const auto turning = [](Alphabet row, const char* name, double turn) {
        row.name = name;
        row.turn = turn;
        return row;
    };
    rows.push_back(row_of("OOK", { 0.0f, 1.0f }, 1));
    rows.push_back(row_of("BPSK", { 1.0f, -1.0f }, 2));
    rows.push_back(turning(rows.back(), "pi/2-BPSK", 0.25));
    rows.push_back(row_of("4ASK", line(4), 2));
    rows.push_back(row_of("8ASK", line(8), 2, true));
    rows.push_back(weighted("32QAM", rectangle(8, 4)));
    rows.push_back(weighted("128QAM", rectangle(16, 8)));
    rows.push_back(row_of("3PSK", circle(3), 3, true));
    rows.push_back(grid("QPSK", 2, 0));
    rows.push_back(turning(rows.back(), "pi/4-DQPSK", 0.125));
    rows.push_back(grid("16QAM", 4, 0));
    rows.push_back(grid("duobinary QPSK", 3, 0, { 0.25f, 0.5f, 0.25f }));
    rows.push_back(grid("32QAM", 6, 1));
    rows.push_back(grid("64QAM", 8, 0));
    rows.push_back(grid("128QAM", 12, 2));
    rows.push_back(grid("256QAM", 16, 0));
    for (const double ratio : { 2.6, 2.85, 3.15 })
        rows.push_back(weighted("16APSK", rings({ { 4, 1.0, 0.5 }, { 12, ratio, 0.5 } })));
    for (const double first : { 0.0, 0.5 }) {
        rows.push_back(weighted("32APSK", rings({ { 4, 1.0, 0.5 }, { 12, 2.6, 0.5 }, { 16, 4.45, first } })));
        rows.push_back(weighted("32APSK", rings({ { 4, 1.0, 0.5 }, { 12, 2.84, 0.5 }, { 16, 5.27, first } })));
    }
    for (const double ratio : { 2.0, 2.4 })
        rows.push_back(weighted("star 8QAM", rings({ { 4, 1.0, 0.5 }, { 4, ratio, 0.0 } }), true));
    rows.push_back(weighted("64APSK", rings({ { 4, 1.0, 0.5 }, { 12, 2.4, 0.5 }, { 20, 4.3, 0.5 }, { 28, 7.0, 0.5 } }), true));
    rows.push_back(weighted("64APSK", rings({ { 4, 1.0, 0.5 }, { 14, 2.5, 0.5 }, { 20, 4.3, 0.5 }, { 26, 6.5, 0.5 } }), true));
    rows.push_back(row_of("6PSK", circle(6), 6, true));
    rows.push_back(row_of("8PSK", circle(8), 8));
    rows.push_back(row_of("12PSK", circle(12), 12, true));
    rows.push_back(row_of("16PSK", circle(16), 16));
    return rows;
}

} // namespace

const std::vector<Alphabet>& alphabets()
{
    static const std::vector<Alphabet> rows = table();
    return rows;
}

int qpsk_row()
{
    const auto& rows = alphabets();
    const auto at = std::find_if(rows.begin(), rows.end(), [](const Alphabet& row) { return !std::strcmp(row.name, "QPSK"); });
    return static_cast<int>(at - rows.begin());
}

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
