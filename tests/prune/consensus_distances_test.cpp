// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/consensus/consensus.h"

#include "prunedamr/base/rng.h"
#include "prunedamr/prune/features.h"
#include "tests/prune/consensus_testing.h"
#include "tests/support/expect_error.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

// The eight distances against plain computations, closed forms and what they must not see.

namespace prunedamr::prune {
namespace {

Matrix without_means(Matrix rows, std::size_t fitted)
{
    for (std::size_t j = 0; j < rows[0].size(); ++j) {
        double mean = 0.0;
        for (std::size_t i = 0; i < fitted; ++i)
            mean += rows[i][j] / static_cast<double>(fitted);
        for (auto& row : rows)
            row[j] -= mean;
    }
    return rows;
}

double dot(const Matrix& x, const Matrix& y, std::size_t first, std::size_t last)
{
    double sum = 0.0;
    for (std::size_t i = first; i < last; ++i)
        sum += std::inner_product(x[i].begin(), x[i].end(), y[i].begin(), 0.0);
    return sum;
}

double plain_angle(const Matrix& x, const Matrix& y, std::size_t first, std::size_t last)
{
    return std::acos(dot(x, y, first, last) / std::sqrt(dot(x, x, first, last) * dot(y, y, first, last)));
}

/// Linear CKA by centerd Gram matrices, the other form of the same number.
double plain_cka_distance(const at::Tensor& x, const at::Tensor& y)
{
    const std::size_t n = static_cast<std::size_t>(x.size(0));
    const Matrix a = without_means(plain(x), n), b = without_means(plain(y), n);
    double kl = 0.0, kk = 0.0, ll = 0.0;
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) {
            const double k = std::inner_product(a[i].begin(), a[i].end(), a[j].begin(), 0.0);
            const double l = std::inner_product(b[i].begin(), b[i].end(), b[j].begin(), 0.0);
            kl += k * l;
            kk += k * k;
            ll += l * l;
        }
    return 1.0 - kl / std::sqrt(kk * ll);
}

/// Times L^-T of the Cholesky factor of the first rows' scatter: whitened another way than by its symmetric root.
Matrix whitened(const Matrix& rows, std::size_t fitted)
{
    double aa = 0.0, ab = 0.0, bb = 0.0;
    for (std::size_t i = 0; i < fitted; ++i) {
        aa += rows[i][0] * rows[i][0];
        ab += rows[i][0] * rows[i][1];
        bb += rows[i][1] * rows[i][1];
    }
    const double l11 = std::sqrt(aa), l21 = ab / l11, l22 = std::sqrt(bb - l21 * l21);
    return times(rows, { 1.0 / l11, -l21 / (l11 * l22), 0.0, 1.0 / l22 });
}

double plain_linear_distance(const at::Tensor& x, const at::Tensor& y, bool whiten)
{
    const std::size_t n = static_cast<std::size_t>(x.size(0)), fitted = n * 4 / 5;
    Matrix a = without_means(plain(x), fitted), b = without_means(plain(y), fitted);
    if (whiten) {
        a = whitened(a, fitted);
        b = whitened(b, fitted);
    }
    double best = -1.0, angle = 0.0;
    scan_rotations(20'000, [&](const std::array<double, 4>& t) {
        const Matrix turned = times(b, t);
        const double agreement = dot(a, turned, 0, fitted);
        if (agreement > best) {
            best = agreement;
            angle = plain_angle(a, turned, fitted, n);
        }
    });
    return angle;
}

} // namespace

TEST(ConsensusDistances, AreZeroForTheSameAndPositiveForAnother)
{
    const auto x = normal(61, 5, 1);
    const auto labels = labels_of_three(61);
    ASSERT_EQ(distances().size(), 8U);
    for (const Distance& distance : distances()) {
        EXPECT_NEAR(distance.of(x, x, labels), 0.0, 1e-6) << distance.name;
        EXPECT_GT(distance.of(x, disturbed(x, 0.3, 2), labels), 0.01) << distance.name;
        EXPECT_LT(distance.of(x, disturbed(x, 0.02, 2), labels), distance.of(x, disturbed(x, 0.3, 2), labels))
            << distance.name;
    }
}

TEST(ConsensusDistances, ConstantFeaturesHaveNothingInCommon)
{
    const auto x = normal(40, 4, 1);
    const auto constant = at::full({ 40, 4 }, 0.1, at::kDouble);
    EXPECT_EQ(cka_distance(x, constant), 1.0);
    EXPECT_EQ(permutation_distance(constant, x), M_PI / 2.0);
    EXPECT_EQ(linear_shape_distance(x, constant, 0.0), M_PI / 2.0);
    EXPECT_EQ(linear_shape_distance(constant, x, 1.0), M_PI / 2.0);
    EXPECT_TRUE(std::isfinite(gaussian_distance(x, constant, labels_of_three(40), 1.0)));
}

TEST(ConsensusDistances, CkaIsThatOfGramMatrices)
{
    const auto x = normal(29, 3, 1) + 2.0;
    const auto y = disturbed(x, 0.4, 2);
    EXPECT_NEAR(cka_distance(x, y), plain_cka_distance(x, y), 1e-12);
    const auto other = normal(29, 3, 7);
    EXPECT_NEAR(cka_distance(x, other), plain_cka_distance(x, other), 1e-12);
}

TEST(ConsensusDistances, CkaDoesNotSeeRotationScaleAndShift)
{
    const auto x = normal(53, 4, 1);
    const auto y = disturbed(x, 0.3, 2);
    EXPECT_NEAR(cka_distance(x, 3.0 * y.mm(rotation(4, 4)) - 1.5), cka_distance(x, y), 1e-12);
    EXPECT_NEAR(cka_distance(x, -0.2 * x.mm(rotation(4, 9))), 0.0, 1e-12);
}

TEST(ConsensusDistances, PermutationIsTheLeastAngleOfAllOrders)
{
    const auto x = normal(31, 5, 1);
    const auto y = disturbed(x, 0.2, 2);
    const Matrix a = without_means(plain(x), 31), b = without_means(plain(y), 31);
    std::vector<std::size_t> order(5);
    std::iota(order.begin(), order.end(), 0U);
    double lowest = M_PI;
    do {
        Matrix moved = b;
        for (std::size_t i = 0; i < b.size(); ++i)
            for (std::size_t j = 0; j < 5; ++j)
                moved[i][j] = b[i][order[j]];
        lowest = std::min(lowest, plain_angle(a, moved, 0, 31));
    } while (std::next_permutation(order.begin(), order.end()));
    EXPECT_NEAR(permutation_distance(x, y), lowest, 1e-9);
    const auto moved = y.index_select(1, at::tensor({ 3, 0, 4, 1, 2 }));
    EXPECT_NEAR(permutation_distance(x, 2.5 * moved + 1.0), lowest, 1e-9);
    EXPECT_GT(permutation_distance(x, x.mm(rotation(5, 3))), 0.1) << "a rotation is no permutation";
}

TEST(ConsensusDistances, LinearShapeIsTheHeldOutAngleOfTheBestRotation)
{
    for (const std::int64_t rows : { 23, 40 }) {
        const auto x = normal(rows, 2, 1).mm(at::tensor({ 1.0, 0.4, 0.0, 2.0 }).reshape({ 2, 2 })) + 3.0;
        const auto y = disturbed(x, 0.3, 2).mm(rotation(2, 5));
        EXPECT_NEAR(linear_shape_distance(x, y, 1.0), plain_linear_distance(x, y, false), 1e-3);
        EXPECT_NEAR(linear_shape_distance(x, y, 0.0), plain_linear_distance(x, y, true), 1e-3);
    }
}

TEST(ConsensusDistances, LinearShapeDoesNotSeeWhatAlphaAllows)
{
    const auto x = normal(97, 6, 1);
    EXPECT_NEAR(linear_shape_distance(x, 0.3 * x.mm(rotation(6, 2)) + 1.0, 1.0), 0.0, 1e-9);
    const auto map = rotation(6, 3) * at::tensor({ 0.5, 1.0, 1.5, 2.0, 3.0, 4.0 }, at::kDouble);
    EXPECT_NEAR(linear_shape_distance(x, x.mm(map) - 2.0, 0.0), 0.0, 1e-9);
    EXPECT_GT(linear_shape_distance(x, x.mm(map), 1.0), 0.1);
    EXPECT_GT(linear_shape_distance(x, x.mm(map), 0.5), 1e-3);
}

TEST(ConsensusDistances, WassersteinIsTheMeanDifferenceOfSortedValues)
{
    const auto x = normal(37, 3, 1), y = 2.0 * normal(37, 3, 2);
    std::vector<double> a(x.data_ptr<double>(), x.data_ptr<double>() + x.numel());
    std::vector<double> b(y.data_ptr<double>(), y.data_ptr<double>() + y.numel());
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    double mean = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i)
        mean += std::abs(a[i] - b[i]) / static_cast<double>(a.size());
    EXPECT_NEAR(wasserstein_distance(x, y), mean, 1e-12);
    EXPECT_NEAR(wasserstein_distance(x, x - 0.7), 0.7, 1e-12);
    EXPECT_NEAR(wasserstein_distance(x, 3.0 * x), 2.0 * x.abs().mean().item<double>(), 1e-12);
}

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
double plain_gaussian_distance(const at::Tensor& x, const at::Tensor& y, double alpha)
{
    const Matrix a = plain(x), b = plain(y);
    double lowest = std::numeric_limits<double>::infinity();
    scan_rotations(5'000, [&](const std::array<double, 4>& t) {
        const Matrix turned = times(b, t);
        double sum = 0.0;
        for (std::size_t label = 0; label < 3; ++label) {
            const PlainClass p = class_of(a, label), q = class_of(turned, label);
            sum += alpha * (std::pow(p.mean[0] - q.mean[0], 2) + std::pow(p.mean[1] - q.mean[1], 2)) +
                   (2.0 - alpha) * plain_bures(p.covariance, q.covariance);
        }
        lowest = std::min(lowest, sum / 3.0);
    });
    return std::sqrt(lowest);
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
        return turn.mm(at::diag(at::tensor(values, at::kDouble))).mm(turn.t());
    };
    EXPECT_NEAR(squared_bures(turned(a), turned(b)), expected, 1e-7);
    EXPECT_NEAR(squared_bures(turned(a), turned(a)), 0.0, 1e-7);
}

TEST(Bures, OfPlaneCovariancesIsTheClosedForm)
{
    for (std::uint64_t seed = 1; seed < 6; ++seed) {
        const auto p = normal(5, 2, seed), q = 2.0 * normal(5, 2, seed + 50);
        const auto a = p.t().mm(p), b = q.t().mm(q);
        const auto entries = [](const at::Tensor& m) {
            return Covariance{ m[0][0].item<double>(), m[0][1].item<double>(), m[1][1].item<double>() };
        };
        EXPECT_NEAR(squared_bures(a, b), plain_bures(entries(a), entries(b)), 1e-9);
        EXPECT_NEAR(squared_bures(b, a), squared_bures(a, b), 1e-9);
    }
}

TEST(ConsensusDistances, GaussianIsTheLeastOverAllRotations)
{
    const auto x =
        normal(45, 2, 1) * at::tensor({ 1.0, 2.0 }, at::kDouble) + labels_of_three(45).unsqueeze(1).to(at::kDouble);
    const auto y = disturbed(x, 0.25, 2).mm(rotation(2, 3));
    for (const double alpha : { 0.0, 1.0, 2.0 })
        EXPECT_NEAR(gaussian_distance(x, y, labels_of_three(45), alpha), plain_gaussian_distance(x, y, alpha), 1e-3)
            << alpha;
}

TEST(ConsensusDistances, GaussianDoesNotSeeRotation)
{
    const auto x = normal(90, 7, 1) + labels_of_three(90).unsqueeze(1).to(at::kDouble);
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
    EXPECT_ERROR(gaussian_distance(x, y, at::arange(31), 1.0), "no class of two frames");
}

namespace {

double total_gain(const std::vector<double>& gain, const std::vector<int>& columns)
{
    double sum = 0.0;
    for (std::size_t row = 0; row < columns.size(); ++row)
        sum += gain[row * columns.size() + static_cast<std::size_t>(columns[row])];
    return sum;
}

} // namespace

TEST(Assignment, IsTheBestOfAllPermutations)
{
    Rng rng(3);
    for (int trial = 0; trial < 60; ++trial) {
        const int n = 1 + trial % 7;
        std::vector<double> gain(static_cast<std::size_t>(n * n));
        for (double& value : gain) // every third matrix is full of ties
            value = trial % 3 == 0 ? static_cast<double>(rng.integer(-2, 2)) : rng.normal();
        std::vector<int> order(static_cast<std::size_t>(n));
        std::iota(order.begin(), order.end(), 0);
        double best = -1e9;
        do
            best = std::max(best, total_gain(gain, order));
        while (std::next_permutation(order.begin(), order.end()));
        std::vector<int> found = best_assignment(gain, n);
        EXPECT_NEAR(total_gain(gain, found), best, 1e-12) << n;
        std::sort(found.begin(), found.end());
        EXPECT_EQ(found, order) << "each column once (the last permutation has come round to the first)";
    }
    EXPECT_TRUE(best_assignment({}, 0).empty());
}

TEST(Assignment, FindsAHiddenPermutationOfManyColumns)
{
    constexpr int kSize = 211;
    Rng rng(5);
    std::vector<double> gain(kSize * kSize);
    for (double& value : gain)
        value = rng.uniform();
    for (int row = 0; row < kSize; ++row)
        gain[static_cast<std::size_t>(row * kSize + (row * 17 + 5) % kSize)] += 1.0;
    const auto found = best_assignment(gain, kSize);
    for (int row = 0; row < kSize; ++row)
        EXPECT_EQ(found[static_cast<std::size_t>(row)], (row * 17 + 5) % kSize);
}

} // namespace prunedamr::prune
