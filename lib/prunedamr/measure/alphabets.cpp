// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/measure/alphabets.h"

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

} // namespace prunedamr::measure
