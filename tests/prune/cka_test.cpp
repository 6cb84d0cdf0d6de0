// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/psr/partition.h"

#include "tests/graph/networks.h"

#include "prunedamr/base/rng.h"

#include <ATen/ATen.h>

#include <cmath>

namespace prunedamr::prune {
namespace {

using Rows = std::vector<std::vector<double>>;

Rows random_rows(int samples, int features, std::uint64_t seed)
{
    Rng rng(seed);
    Rows rows(samples, std::vector<double>(features));
    for (auto& row : rows) {
        for (double& value : row)
            value = rng.normal();
    }
    return rows;
}

at::Tensor tensor_of(const Rows& rows)
{
    at::Tensor tensor =
        at::empty({ static_cast<long>(rows.size()), static_cast<long>(rows[0].size()) }, at::kDouble);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        for (std::size_t j = 0; j < rows[i].size(); ++j)
            tensor[static_cast<long>(i)][static_cast<long>(j)] = rows[i][j];
    }
    return tensor;
}

double dot(const std::vector<double>& a, const std::vector<double>& b)
{
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += a[i] * b[i];
    return sum;
}

/// HSIC1 as Song et al. (2012) define it, by loops over all samples.
double plain_hsic(const Rows& x, const Rows& y)
{
    const int n = static_cast<int>(x.size());
    double trace = 0.0, total_k = 0.0, total_l = 0.0, chain = 0.0;
    for (int i = 0; i < n; ++i) {
        for (int j = 0; j < n; ++j) {
            if (i == j)
                continue;
            trace += dot(x[i], x[j]) * dot(y[j], y[i]);
            total_k += dot(x[i], x[j]);
            total_l += dot(y[i], y[j]);
            for (int m = 0; m < n; ++m)
                chain += m == j ? 0.0 : dot(x[i], x[j]) * dot(y[j], y[m]);
        }
    }
    const double d = n;
    return (trace + total_k * total_l / ((d - 1) * (d - 2)) - 2.0 * chain / (d - 2)) / (d * (d - 3));
}

double plain_cka(const Rows& x, const Rows& y)
{
    return plain_hsic(x, y) / std::sqrt(plain_hsic(x, x) * plain_hsic(y, y));
}

} // namespace

TEST(Cka, AgreesWithTheDefinition)
{
    for (int samples : { 4, 5, 8, 17 }) {
        const Rows x = random_rows(samples, 3, 10 + samples);
        Rows y = random_rows(samples, 5, 20 + samples);
        for (int i = 0; i < samples; ++i)
            y[i][0] += 2.0 * x[i][1];
        EXPECT_NEAR(unbiased_cka(tensor_of(x), tensor_of(y)), plain_cka(x, y), 1e-10) << samples << " samples";
    }
}

TEST(Cka, IsOneForTheSameAndBlindToRotationScaleAndShift)
{
    at::manual_seed(1);
    const at::Tensor x = at::randn({ 12, 6 }, at::kDouble);
    const at::Tensor y = at::randn({ 12, 9 }, at::kDouble) + at::cat({ x, x.slice(1, 0, 3) }, 1);
    const at::Tensor rotation = std::get<0>(at::linalg_qr(at::randn({ 6, 6 }, at::kDouble)));
    const double reference = unbiased_cka(x, y);
    EXPECT_NEAR(unbiased_cka(x, x), 1.0, 1e-12);
    EXPECT_NEAR(unbiased_cka(x, -3.0 * x), 1.0, 1e-12);
    EXPECT_NEAR(unbiased_cka(x.mm(rotation), y), reference, 1e-10);
    EXPECT_NEAR(unbiased_cka(0.01 * x, 50.0 * y), reference, 1e-10);
    EXPECT_NEAR(unbiased_cka(x + 2.0, y), reference, 1e-9);
    EXPECT_NEAR(unbiased_cka(y, x), reference, 1e-12);
}

TEST(Cka, IsNearZeroForUnrelatedFeatures)
{
    at::manual_seed(2);
    double mean = 0.0;
    for (int i = 0; i < 40; ++i)
        mean += unbiased_cka(at::randn({ 16, 200 }), at::randn({ 16, 200 })) / 40.0;
    EXPECT_NEAR(mean, 0.0, 0.05); // the biased estimate would be near 0.9
}

TEST(Cka, ConstantFeaturesHaveNone)
{
    const at::Tensor constant = at::full({ 8, 5 }, 0.3);
    EXPECT_TRUE(std::isnan(unbiased_cka(constant, at::randn({ 8, 5 }))));
    EXPECT_TRUE(std::isnan(unbiased_cka(at::zeros({ 8, 5 }), at::randn({ 8, 5 }))));
}

TEST(Cka, RefusesTooFewOrUnequalSamples)
{
    EXPECT_ERROR(unbiased_cka(at::randn({ 3, 5 }), at::randn({ 3, 5 })),
                 "CKA: too few samples: found 3, expected at least 4");
    EXPECT_ERROR(unbiased_cka(at::randn({ 5, 5 }), at::randn({ 6, 5 })), "different size");
}

TEST(Cka, MatrixIsTheMeanOverBatches)
{
    at::manual_seed(3);
    std::vector<std::vector<at::Tensor>> features;
    for (int b = 0; b < 3; ++b)
        features.push_back({ at::randn({ 9, 2, 1, 4 }), at::randn({ 9, 3 }), at::randn({ 9, 1, 5 }) });
    const auto matrix = cka_matrix(features);
    ASSERT_EQ(matrix.size(), 3U);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(matrix[i][i], 1.0);
        for (int j = 0; j < 3; ++j) {
            double mean = 0.0;
            for (const auto& batch : features)
                mean += unbiased_cka(batch[i].reshape({ 9, -1 }), batch[j].reshape({ 9, -1 })) / 3.0;
            EXPECT_NEAR(matrix[i][j], mean, 1e-9);
        }
    }
}

} // namespace prunedamr::prune
