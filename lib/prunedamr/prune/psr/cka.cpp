// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/psr/cka.h"

#include "prunedamr/base/error.h"

#include <cmath>
#include <limits>

namespace prunedamr::prune {
namespace {

/// A Gram matrix with zero diagonal, and its sums.
struct Gram {
    torch::Tensor matrix; ///< [n, n] double
    torch::Tensor rows;   ///< row sums [n]
    double total = 0.0;
    double self = 0.0; ///< HSIC1 with itself
};

double hsic(const Gram& k, const Gram& l)
{
    const auto n = static_cast<double>(k.matrix.size(0));
    const double trace = (k.matrix * l.matrix).sum().item<double>(); // both are symmetric
    const double cross = k.rows.dot(l.rows).item<double>();
    return (trace + k.total * l.total / ((n - 1) * (n - 2)) - 2.0 * cross / (n - 2)) / (n * (n - 3));
}

Gram gram(const torch::Tensor& features)
{
    if (features.dim() < 1 || features.size(0) < 4)
        throw Error{ { "too few samples", "CKA", std::to_string(features.dim() ? features.size(0) : 0),
                       "at least 4" } };
    const torch::Tensor x = features.to(torch::kDouble).reshape({ features.size(0), -1 });
    Gram result;
    result.matrix = x.mm(x.t());
    result.matrix.fill_diagonal_(0.0);
    result.rows = result.matrix.sum(1);
    result.total = result.rows.sum().item<double>();
    result.self = hsic(result, result);
    // A constant feature set leaves only rounding of its uncentred size.
    const double uncentred = result.matrix.square().sum().item<double>() / static_cast<double>(features.size(0));
    if (!(result.self * static_cast<double>(features.size(0) - 3) > 1e-12 * uncentred))
        result.self = 0.0;
    return result;
}

double alignment(const Gram& k, const Gram& l)
{
    if (k.matrix.size(0) != l.matrix.size(0))
        throw Error{ { "feature sets of different size", "CKA", std::to_string(l.matrix.size(0)) + " samples",
                       std::to_string(k.matrix.size(0)) } };
    if (!(k.self > 0.0 && l.self > 0.0))
        return std::numeric_limits<double>::quiet_NaN();
    return hsic(k, l) / std::sqrt(k.self * l.self);
}

} // namespace

double unbiased_cka(const torch::Tensor& x, const torch::Tensor& y)
{
    torch::NoGradGuard no_grad;
    return alignment(gram(x), gram(y));
}

std::vector<std::vector<double>> cka_matrix(const std::vector<std::vector<torch::Tensor>>& features)
{
    PRUNEDAMR_CHECK(!features.empty(), "at least one batch");
    torch::NoGradGuard no_grad;
    const std::size_t units = features[0].size();
    std::vector<std::vector<double>> matrix(units, std::vector<double>(units, 0.0));
    for (const auto& batch : features) {
        PRUNEDAMR_CHECK(batch.size() == units, "every batch has every unit");
        std::vector<Gram> grams;
        for (const torch::Tensor& unit : batch)
            grams.push_back(gram(unit));
        for (std::size_t i = 0; i < units; ++i) {
            for (std::size_t j = 0; j < i; ++j)
                matrix[i][j] += alignment(grams[i], grams[j]) / static_cast<double>(features.size());
        }
    }
    for (std::size_t i = 0; i < units; ++i) {
        matrix[i][i] = 1.0;
        for (std::size_t j = 0; j < i; ++j)
            matrix[j][i] = matrix[i][j];
    }
    return matrix;
}

} // namespace prunedamr::prune
