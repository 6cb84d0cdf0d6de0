// SPDX-License-Identifier: GPL-3.0-or-later
// The eight distances against plain computations, closed forms and what they must not see.
#include "prunedamr/prune/consensus/distances.h"

#include "prunedamr/prune/consensus/features.h"

#include "tests/prune/consensus_testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

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
double plain_cka_distance(const torch::Tensor& x, const torch::Tensor& y)
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

double plain_linear_distance(const torch::Tensor& x, const torch::Tensor& y, bool whiten)
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
    const auto constant = torch::full({ 40, 4 }, 0.1, torch::kFloat64);
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
    double least = M_PI;
    do {
        Matrix moved = b;
        for (std::size_t i = 0; i < b.size(); ++i)
            for (std::size_t j = 0; j < 5; ++j)
                moved[i][j] = b[i][order[j]];
        least = std::min(least, plain_angle(a, moved, 0, 31));
    } while (std::next_permutation(order.begin(), order.end()));
    EXPECT_NEAR(permutation_distance(x, y), least, 1e-9);
    const auto moved = y.index_select(1, torch::tensor({ 3, 0, 4, 1, 2 }));
    EXPECT_NEAR(permutation_distance(x, 2.5 * moved + 1.0), least, 1e-9);
    EXPECT_GT(permutation_distance(x, x.mm(rotation(5, 3))), 0.1) << "a rotation is no permutation";
}

TEST(ConsensusDistances, LinearShapeIsTheHeldOutAngleOfTheBestRotation)
{
    for (const std::int64_t rows : { 23, 40 }) {
        const auto x = normal(rows, 2, 1).mm(torch::tensor({ { 1.0, 0.4 }, { 0.0, 2.0 } }, torch::kFloat64)) + 3.0;
        const auto y = disturbed(x, 0.3, 2).mm(rotation(2, 5));
        EXPECT_NEAR(linear_shape_distance(x, y, 1.0), plain_linear_distance(x, y, false), 1e-3);
        EXPECT_NEAR(linear_shape_distance(x, y, 0.0), plain_linear_distance(x, y, true), 1e-3);
    }
}

TEST(ConsensusDistances, LinearShapeDoesNotSeeWhatAlphaAllows)
{
    const auto x = normal(97, 6, 1);
    EXPECT_NEAR(linear_shape_distance(x, 0.3 * x.mm(rotation(6, 2)) + 1.0, 1.0), 0.0, 1e-9);
    const auto map = rotation(6, 3) * torch::tensor({ 0.5, 1.0, 1.5, 2.0, 3.0, 4.0 }, torch::kFloat64);
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

} // namespace prunedamr::prune
