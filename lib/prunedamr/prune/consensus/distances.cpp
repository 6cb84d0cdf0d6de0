// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/consensus/distances.h"

#include "prunedamr/base/error.h"
#include "prunedamr/prune/consensus/features.h"

#include <algorithm>
#include <cmath>
#include <limits>

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

torch::Tensor centerd(const torch::Tensor& x)
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

/// [d, d]: centerd columns times it are whitened in so far as alpha is below 1. The common scale is left out: an
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
    const torch::Tensor a = centerd(x), b = centerd(y);
    const double own = magnitude(a.t().mm(a)) * magnitude(b.t().mm(b));
    if (own == 0.0)
        return 1.0;
    return std::max(0.0, 1.0 - a.t().mm(b).square().sum().item<double>() / own);
}

double permutation_distance(const torch::Tensor& x, const torch::Tensor& y)
{
    check_pair(x, y);
    const torch::Tensor a = centerd(x), b = centerd(y);
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
        { "cka", "1 - linear centerd kernel alignment",
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

namespace {

/// Gives one row after another a column. Always: cost - row price - column price >= 0, and 0 on assigned pairs.
class Assigner
{
public:
    Assigner(const std::vector<double>& gain, int n)
        : gain_(gain), n_(n), row_price_(n, 0.0), column_price_(n, 0.0), row_of_(n, -1), column_of_(n, -1)
    {
    }

    /// Assigns `row`; rows assigned before may get another column.
    void add(int row)
    {
        std::vector<double> distance(n_, std::numeric_limits<double>::infinity());
        std::vector<int> before(n_, -1); // row from which a column is reached
        std::vector<bool> settled(n_, false);
        double reached = 0.0;
        int column = -1;
        for (int from = row; from >= 0; from = row_of_[column]) {
            column = settle_nearest(from, reached, distance, before, settled);
            reached = distance[column];
        }
        for (int c = 0; c < n_; ++c) {
            if (!settled[c] || c == column)
                continue;
            column_price_[c] -= reached - distance[c];
            row_price_[row_of_[c]] += reached - distance[c];
        }
        row_price_[row] += reached;
        while (column >= 0) {
            const int owner = before[column];
            row_of_[column] = owner;
            std::swap(column_of_[owner], column); // -1 at the new row: the path's start
        }
    }

    const std::vector<int>& columns() const { return column_of_; }

private:
    int settle_nearest(int from, double reached, std::vector<double>& distance, std::vector<int>& before,
                       std::vector<bool>& settled) const
    {
        int nearest = -1;
        for (int c = 0; c < n_; ++c) {
            if (settled[c])
                continue;
            const double length = reached - gain_[from * n_ + c] - row_price_[from] - column_price_[c];
            if (length < distance[c]) {
                distance[c] = length;
                before[c] = from;
            }
            if (nearest < 0 || distance[c] < distance[nearest])
                nearest = c;
        }
        settled[nearest] = true;
        return nearest;
    }

    const std::vector<double>& gain_;
    int n_;
    std::vector<double> row_price_, column_price_;
    std::vector<int> row_of_, column_of_; // -1: none yet
};

} // namespace

std::vector<int> best_assignment(const std::vector<double>& gain, int n)
{
    PRUNEDAMR_CHECK(n >= 0 && gain.size() == static_cast<std::size_t>(n) * static_cast<std::size_t>(n),
                    "a square matrix of gains");
    Assigner assigner(gain, n);
    for (int row = 0; row < n; ++row)
        assigner.add(row);
    return assigner.columns();
}

} // namespace prunedamr::prune
