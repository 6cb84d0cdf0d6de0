// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/consensus/features.h"

#include "tests/prune/consensus_testing.h"
#include "tests/support/expect_error.h"

#include <algorithm>
#include <limits>

namespace prunedamr::prune {
namespace {

/// [s11, s12, s22]
using Covariance = std::array<double, 3>;

/// Two by two: tr (a^.5 b a^.5)^.5 = sqrt(tr ab + 2 sqrt(det a det b)).
double plain_bures(const Covariance& a, const Covariance& b)
{
    const double det = (a[0] * a[2] - a[1] * a[1]) * (b[0] * b[2] - b[1] * b[1]);
    const double trace = a[0] * b[0] + 2.0 * a[1] * b[1] + a[2] * b[2];
    return a[0] + a[2] + b[0] + b[2] - 2.0 * std::sqrt(trace + 2.0 * std::sqrt(std::max(0.0, det)));
}

struct PlainClass {
    double mean[2] = { 0.0, 0.0 };
    Covariance covariance{};
};

PlainClass class_of(const Matrix& rows, std::size_t label)
{
    PlainClass result;
    double count = 0.0;
    for (std::size_t i = label; i < rows.size(); i += 3, count += 1.0)
        for (std::size_t j : { 0, 1 })
            result.mean[j] += rows[i][j];
    for (double& mean : result.mean)
        mean /= count;
    for (std::size_t i = label; i < rows.size(); i += 3) {
        const double a = rows[i][0] - result.mean[0], b = rows[i][1] - result.mean[1];
        result.covariance[0] += a * a / (count - 1.0);
        result.covariance[1] += a * b / (count - 1.0);
        result.covariance[2] += b * b / (count - 1.0);
    }
    return result;
}

/// The least over all rotations and reflections of the plane, three classes.
double plain_gaussian_distance(const torch::Tensor& x, const torch::Tensor& y, double alpha)
{
    const Matrix a = plain(x), b = plain(y);
    double least = std::numeric_limits<double>::infinity();
    scan_rotations(5'000, [&](const std::array<double, 4>& t) {
        const Matrix turned = times(b, t);
        double sum = 0.0;
        for (std::size_t label = 0; label < 3; ++label) {
            const PlainClass p = class_of(a, label), q = class_of(turned, label);
            sum += alpha * (std::pow(p.mean[0] - q.mean[0], 2) + std::pow(p.mean[1] - q.mean[1], 2)) +
                   (2.0 - alpha) * plain_bures(p.covariance, q.covariance);
        }
        least = std::min(least, sum / 3.0);
    });
    return std::sqrt(least);
}

} // namespace

TEST(Bures, OfCommutingMatricesIsThatOfTheirRoots)
{
    const std::vector<double> a = { 4.0, 0.0, 1.0, 9.0 }, b = { 1.0, 2.0, 0.0, 16.0 };
    double expected = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i)
        expected += std::pow(std::sqrt(a[i]) - std::sqrt(b[i]), 2);
    const auto turn = rotation(4, 1);
    const auto turned = [&](const std::vector<double>& values) {
        return turn.mm(torch::diag(torch::tensor(values, torch::kFloat64))).mm(turn.t());
    };
    EXPECT_NEAR(squared_bures(turned(a), turned(b)), expected, 1e-7);
    EXPECT_NEAR(squared_bures(turned(a), turned(a)), 0.0, 1e-7);
}

TEST(Bures, OfPlaneCovariancesIsTheClosedForm)
{
    for (std::uint64_t seed = 1; seed < 6; ++seed) {
        const auto p = normal(5, 2, seed), q = 2.0 * normal(5, 2, seed + 50);
        const auto a = p.t().mm(p), b = q.t().mm(q);
        const auto entries = [](const torch::Tensor& m) {
            return Covariance{ m[0][0].item<double>(), m[0][1].item<double>(), m[1][1].item<double>() };
        };
        EXPECT_NEAR(squared_bures(a, b), plain_bures(entries(a), entries(b)), 1e-9);
        EXPECT_NEAR(squared_bures(b, a), squared_bures(a, b), 1e-9);
    }
}

TEST(ConsensusDistances, GaussianIsTheLeastOverAllRotations)
{
    const auto x = normal(45, 2, 1) * torch::tensor({ 1.0, 2.0 }, torch::kFloat64) +
                   labels_of_three(45).unsqueeze(1).to(torch::kFloat64);
    const auto y = disturbed(x, 0.25, 2).mm(rotation(2, 3));
    for (const double alpha : { 0.0, 1.0, 2.0 })
        EXPECT_NEAR(gaussian_distance(x, y, labels_of_three(45), alpha), plain_gaussian_distance(x, y, alpha), 1e-3)
            << alpha;
}

TEST(ConsensusDistances, GaussianDoesNotSeeRotation)
{
    const auto x = normal(90, 7, 1) + labels_of_three(90).unsqueeze(1).to(torch::kFloat64);
    const auto labels = labels_of_three(90);
    for (const double alpha : { 0.0, 1.0, 2.0 }) {
        EXPECT_NEAR(gaussian_distance(x, x.mm(rotation(7, 2)), labels, alpha), 0.0, 1e-6) << alpha;
        const auto y = disturbed(x, 0.2, 3);
        EXPECT_NEAR(gaussian_distance(x, y.mm(rotation(7, 2)), labels, alpha),
                    gaussian_distance(x, y, labels, alpha), 1e-4);
    }
    // Covariances alone do not see means, means alone do not see covariances.
    const auto shift = normal(3, 7, 5).index_select(0, labels);
    EXPECT_NEAR(gaussian_distance(x, x + shift, labels, 0.0), 0.0, 0.2);
    EXPECT_GT(gaussian_distance(x, x + shift, labels, 2.0), 0.5);
}

TEST(ConsensusDistances, GaussianLeavesOutClassesOfOneFrame)
{
    const auto x = normal(31, 3, 1);
    const auto y = disturbed(x, 0.2, 2);
    auto labels = labels_of_three(31);
    labels[30] = 5; // alone in its class
    EXPECT_NEAR(gaussian_distance(x.slice(0, 0, 30), y.slice(0, 0, 30), labels.slice(0, 0, 30), 0.0),
                gaussian_distance(x, y, labels, 0.0), 1e-2);
    EXPECT_ERROR(gaussian_distance(x, y, torch::arange(31), 1.0), "no class of two frames");
}

} // namespace prunedamr::prune
