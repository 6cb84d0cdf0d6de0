// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/consensus/distances.h"

#include "prunedamr/base/error.h"
#include "prunedamr/prune/consensus/assignment.h"
#include "prunedamr/prune/consensus/gaussian.h"
#include "prunedamr/prune/consensus/procrustes.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::prune {
namespace {

double magnitude(const torch::Tensor& x)
{
    return x.norm().item<double>();
}

void check_pair(const torch::Tensor& x, const torch::Tensor& y)
{
    PRUNEDAMR_CHECK(x.dim() == 2 && x.sizes() == y.sizes() && x.size(0) > 0 && x.scalar_type() == torch::kFloat64 &&
                        y.scalar_type() == torch::kFloat64,
                    "two representations [n, d] in double of the same frames");
}

/// Without `mean`; exactly zero where only rounding is left.
torch::Tensor without(const torch::Tensor& x, const torch::Tensor& mean)
{
    constexpr double kRounding = 1e-12;
    const torch::Tensor rest = x - mean;
    return magnitude(rest) > kRounding * magnitude(x) ? rest : torch::zeros_like(x);
}

torch::Tensor centred(const torch::Tensor& x)
{
    return without(x, x.mean(0));
}

/// Angle between two matrices as vectors, exact for small angles too (Kahan's formula).
double angle(const torch::Tensor& x, const torch::Tensor& y)
{
    const double x_norm = magnitude(x), y_norm = magnitude(y);
    if (x_norm == 0.0 || y_norm == 0.0)
        return M_PI / 2.0;
    const torch::Tensor a = x / x_norm, b = y / y_norm;
    return 2.0 * std::atan2(magnitude(a - b), magnitude(a + b));
}

/// [d, d]: centred columns times it are whitened in so far as alpha is below 1. The common scale is left out: an
/// angle does not see it.
torch::Tensor partial_whitening(const torch::Tensor& columns, double alpha)
{
    constexpr double kLeastPower = 1e-7;
    const auto [power, directions] = torch::linalg_eigh(columns.t().mm(columns), "L");
    const double largest = power.max().item<double>();
    if (largest <= 0.0)
        return torch::eye(columns.size(1), columns.options());
    const torch::Tensor relative = (power / largest).clamp_min(kLeastPower);
    const torch::Tensor gain = alpha + (1.0 - alpha) / (relative.sqrt() * std::sqrt(largest));
    return (directions * gain).mm(directions.t());
}

} // namespace

double cka_distance(const torch::Tensor& x, const torch::Tensor& y)
{
    check_pair(x, y);
    const torch::Tensor a = centred(x), b = centred(y);
    const double own = magnitude(a.t().mm(a)) * magnitude(b.t().mm(b));
    if (own == 0.0)
        return 1.0;
    return std::max(0.0, 1.0 - a.t().mm(b).square().sum().item<double>() / own);
}

double permutation_distance(const torch::Tensor& x, const torch::Tensor& y)
{
    check_pair(x, y);
    const torch::Tensor a = centred(x), b = centred(y);
    const auto columns = static_cast<int>(a.size(1));
    const torch::Tensor gain = a.t().mm(b).contiguous();
    const std::vector<int> match =
        best_assignment({ gain.data_ptr<double>(), gain.data_ptr<double>() + gain.numel() }, columns);
    const torch::Tensor order = torch::tensor(std::vector<std::int64_t>(match.begin(), match.end()));
    return angle(a, b.index_select(1, order));
}

double linear_shape_distance(const torch::Tensor& x, const torch::Tensor& y, double alpha)
{
    check_pair(x, y);
    PRUNEDAMR_CHECK(x.size(0) >= 5 && alpha >= 0.0 && alpha <= 1.0, "rows to hold out, and an alpha of 0 to 1");
    const std::int64_t fitted = x.size(0) * 4 / 5;
    const torch::Tensor x_mean = x.slice(0, 0, fitted).mean(0), y_mean = y.slice(0, 0, fitted).mean(0);
    const torch::Tensor a = without(x, x_mean), b = without(y, y_mean);
    const torch::Tensor a_fit = a.slice(0, 0, fitted), b_fit = b.slice(0, 0, fitted);
    const torch::Tensor a_white = partial_whitening(a_fit, alpha), b_white = partial_whitening(b_fit, alpha);
    const torch::Tensor rotation = nearest_rotation(a_white.t().mm(a_fit.t()).mm(b_fit).mm(b_white).t());
    const torch::Tensor held_x = a.slice(0, fitted).mm(a_white);
    const torch::Tensor held_y = b.slice(0, fitted).mm(b_white).mm(rotation);
    return angle(held_x, held_y);
}

double wasserstein_distance(const torch::Tensor& x, const torch::Tensor& y)
{
    check_pair(x, y);
    const torch::Tensor a = std::get<0>(x.flatten().sort()), b = std::get<0>(y.flatten().sort());
    return (a - b).abs().mean().item<double>();
}

const std::vector<Distance>& distances()
{
    using torch::Tensor;
    static const std::vector<Distance> list = {
        { "cka", "1 - linear centred kernel alignment",
          [](const Tensor& x, const Tensor& y, const Tensor&) { return cka_distance(x, y); } },
        { "gaussian0", "class covariances after rotation",
          [](const Tensor& x, const Tensor& y, const Tensor& labels) {
              return gaussian_distance(x, y, labels, 0.0);
          } },
        { "gaussian1", "class means and covariances after rotation",
          [](const Tensor& x, const Tensor& y, const Tensor& labels) {
              return gaussian_distance(x, y, labels, 1.0);
          } },
        { "gaussian2", "class means after rotation",
          [](const Tensor& x, const Tensor& y, const Tensor& labels) {
              return gaussian_distance(x, y, labels, 2.0);
          } },
        { "permutation", "angle after matching channels",
          [](const Tensor& x, const Tensor& y, const Tensor&) { return permutation_distance(x, y); } },
        { "linear0", "angle after whitening and rotation, on held-out frames",
          [](const Tensor& x, const Tensor& y, const Tensor&) { return linear_shape_distance(x, y, 0.0); } },
        { "linear1", "angle after rotation, on held-out frames",
          [](const Tensor& x, const Tensor& y, const Tensor&) { return linear_shape_distance(x, y, 1.0); } },
        { "wasserstein", "transport between the distributions of all values",
          [](const Tensor& x, const Tensor& y, const Tensor&) { return wasserstein_distance(x, y); } },
    };
    return list;
}

} // namespace prunedamr::prune
