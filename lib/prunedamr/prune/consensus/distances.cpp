// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/consensus/consensus.h"

#include "prunedamr/base/error.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace prunedamr::prune {
namespace {

double magnitude(const at::Tensor& x)
{
    return x.norm().item<double>();
}

void check_pair(const at::Tensor& x, const at::Tensor& y)
{
    PRUNEDAMR_CHECK(x.dim() == 2 && x.sizes() == y.sizes() && x.size(0) > 0 && x.scalar_type() == at::kDouble &&
                        y.scalar_type() == at::kDouble,
                    "two representations [n, d] in double of the same frames");
}

/// The orthogonal matrix [d, d] with the largest inner product with `m`. For m = y'x it is the T that minimizes
/// |x - y T| (orthogonal Procrustes, Schoenemann 1966).
at::Tensor nearest_rotation(const at::Tensor& m)
{
    const auto [left, values, right] = at::linalg_svd(m, false);
    return left.matmul(right);
}

/// Without `mean`; exactly zero where only rounding is left.
at::Tensor without(const at::Tensor& x, const at::Tensor& mean)
{
    constexpr double kRounding = 1e-12;
    const at::Tensor rest = x - mean;
    return magnitude(rest) > kRounding * magnitude(x) ? rest : at::zeros_like(x);
}

at::Tensor centerd(const at::Tensor& x)
{
    return without(x, x.mean(0));
}

/// Angle between two matrices as vectors, exact for small angles too (Kahan's formula).
double angle(const at::Tensor& x, const at::Tensor& y)
{
    const double x_norm = magnitude(x), y_norm = magnitude(y);
    if (x_norm == 0.0 || y_norm == 0.0)
        return M_PI / 2.0;
    const at::Tensor a = x / x_norm, b = y / y_norm;
    return 2.0 * std::atan2(magnitude(a - b), magnitude(a + b));
}

/// [d, d]: centerd columns times it are whitened in so far as alpha is below 1. The common scale is left out: an
/// angle does not see it.
at::Tensor partial_whitening(const at::Tensor& columns, double alpha)
{
    constexpr double kMinPower = 1e-7;
    const auto [power, directions] = at::linalg_eigh(columns.t().mm(columns), "L");
    const double largest = power.max().item<double>();
    if (largest <= 0.0)
        return at::eye(columns.size(1), columns.options());
    const at::Tensor relative = (power / largest).clamp_min(kMinPower);
    const at::Tensor gain = alpha + (1.0 - alpha) / (relative.sqrt() * std::sqrt(largest));
    return (directions * gain).mm(directions.t());
}

} // namespace

double cka_distance(const at::Tensor& x, const at::Tensor& y)
{
    check_pair(x, y);
    const at::Tensor a = centerd(x), b = centerd(y);
    const double own = magnitude(a.t().mm(a)) * magnitude(b.t().mm(b));
    if (own == 0.0)
        return 1.0;
    return std::max(0.0, 1.0 - a.t().mm(b).square().sum().item<double>() / own);
}

double permutation_distance(const at::Tensor& x, const at::Tensor& y)
{
    check_pair(x, y);
    const at::Tensor a = centerd(x), b = centerd(y);
    const auto columns = static_cast<int>(a.size(1));
    const at::Tensor gain = a.t().mm(b).contiguous();
    const std::vector<int> match =
        best_assignment({ gain.data_ptr<double>(), gain.data_ptr<double>() + gain.numel() }, columns);
    const at::Tensor order = at::tensor(std::vector<std::int64_t>(match.begin(), match.end()));
    return angle(a, b.index_select(1, order));
}

double linear_shape_distance(const at::Tensor& x, const at::Tensor& y, double alpha)
{
    check_pair(x, y);
    PRUNEDAMR_CHECK(x.size(0) >= 5 && alpha >= 0.0 && alpha <= 1.0, "rows to hold out, and an alpha of 0 to 1");
    const std::int64_t fitted = x.size(0) * 4 / 5;
    const at::Tensor x_mean = x.slice(0, 0, fitted).mean(0), y_mean = y.slice(0, 0, fitted).mean(0);
    const at::Tensor a = without(x, x_mean), b = without(y, y_mean);
    const at::Tensor a_fit = a.slice(0, 0, fitted), b_fit = b.slice(0, 0, fitted);
    const at::Tensor a_white = partial_whitening(a_fit, alpha), b_white = partial_whitening(b_fit, alpha);
    const at::Tensor rotation = nearest_rotation(a_white.t().mm(a_fit.t()).mm(b_fit).mm(b_white).t());
    const at::Tensor held_x = a.slice(0, fitted).mm(a_white);
    const at::Tensor held_y = b.slice(0, fitted).mm(b_white).mm(rotation);
    return angle(held_x, held_y);
}

double wasserstein_distance(const at::Tensor& x, const at::Tensor& y)
{
    check_pair(x, y);
    const at::Tensor a = std::get<0>(x.flatten().sort()), b = std::get<0>(y.flatten().sort());
    return (a - b).abs().mean().item<double>();
}

namespace {

/// Symmetric roots of positive semidefinite matrices [..., d, d].
at::Tensor square_root(const at::Tensor& matrices)
{
    const auto [values, vectors] = at::linalg_eigh(matrices, "L");
    return (vectors * values.clamp_min(0.0).sqrt().unsqueeze(-2)).matmul(vectors.transpose(-1, -2));
}

/// tr(x^2) + tr(y^2) - 2 |singular values of x y|_1 of symmetric roots [..., d, d]: the squared Bures distance.
at::Tensor squared_bures_of_roots(const at::Tensor& x, const at::Tensor& y)
{
    const at::Tensor overlap = at::linalg_svdvals(x.matmul(y)).sum(-1);
    return x.square().sum({ -2, -1 }) + y.square().sum({ -2, -1 }) - 2.0 * overlap;
}

/// Classes of a representation as Gaussians.
struct Classes {
    at::Tensor means; ///< [K, d]
    at::Tensor roots; ///< [K, d, d], of the covariances
};

Classes classes_of(const at::Tensor& x, const at::Tensor& labels)
{
    std::vector<at::Tensor> means, covariances;
    for (std::int64_t k = 0; k <= labels.max().item<std::int64_t>(); ++k) {
        const at::Tensor rows = x.index_select(0, (labels == k).nonzero().flatten());
        if (rows.size(0) < 2)
            continue;
        means.push_back(rows.mean(0));
        const at::Tensor rest = rows - means.back();
        covariances.push_back(rest.t().mm(rest) / static_cast<double>(rows.size(0) - 1));
    }
    if (means.empty())
        throw Error{ { "too few frames", "Gaussian distance", "no class of two frames", "at least one" } };
    return { at::stack(means), square_root(at::stack(covariances)) };
}

/// Finds T step by step; the sum over classes never rises.
class Alignment
{
public:
    Alignment(Classes x, Classes y, at::Tensor start, double alpha)
        : x_(std::move(x)), y_(std::move(y)), rotation_(std::move(start)), alpha_(alpha)
    {
        traces_ = (x_.roots.square().sum() + y_.roots.square().sum()).item<double>();
    }

    double distance()
    {
        constexpr int kMaxSteps = 300;
        constexpr double kMinFall = 1e-6;
        double sum = step();
        for (int i = 1; i < kMaxSteps; ++i) {
            const double before = sum;
            sum = step();
            if (before - sum <= kMinFall * before)
                break;
        }
        return std::sqrt(std::max(0.0, sum) / static_cast<double>(x_.means.size(0)));
    }

private:
    /// The sum over classes at the present T; then the best T for the rotations Q_k that are best at the old one:
    /// Bures^2 = min over Q of |S^.5 - Q S'^.5 T|^2.
    double step()
    {
        const auto [left, values, right] = at::linalg_svd(x_.roots.matmul(rotation_.t()).matmul(y_.roots), false);
        const at::Tensor turned = right.transpose(-1, -2).matmul(left.transpose(-1, -2)); // Q_k'
        const double apart = (x_.means - y_.means.mm(rotation_)).square().sum().item<double>();
        const double bures = traces_ - 2.0 * values.sum().item<double>();
        rotation_ = nearest_rotation(alpha_ * y_.means.t().mm(x_.means) +
                                     (2.0 - alpha_) * y_.roots.matmul(turned).matmul(x_.roots).sum(0));
        return alpha_ * apart + (2.0 - alpha_) * bures;
    }

    Classes x_, y_;
    at::Tensor rotation_; ///< T [d, d]
    double alpha_;
    double traces_ = 0.0; ///< of all covariances
};

} // namespace

double squared_bures(const at::Tensor& a, const at::Tensor& b)
{
    return std::max(0.0, squared_bures_of_roots(square_root(a), square_root(b)).item<double>());
}

double gaussian_distance(const at::Tensor& x, const at::Tensor& y, const at::Tensor& labels, double alpha)
{
    PRUNEDAMR_CHECK(x.dim() == 2 && x.sizes() == y.sizes() && labels.dim() == 1 && labels.size(0) == x.size(0) &&
                        x.size(0) > 0 && alpha >= 0.0 && alpha <= 2.0,
                    "two representations [n, d], labels [n], and an alpha of 0 to 2");
    const at::Tensor start = nearest_rotation((y - y.mean(0)).t().mm(x - x.mean(0)));
    return Alignment(classes_of(x, labels), classes_of(y, labels), start, alpha).distance();
}

const std::vector<Distance>& distances()
{
    using at::Tensor;
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

const Distance& distance_named(const std::string& name)
{
    std::string known;
    for (const Distance& distance : distances()) {
        if (name == distance.name)
            return distance;
        known += (known.empty() ? "" : ", ") + std::string(distance.name);
    }
    throw Error{ { "unknown distance", "", name, known } };
}

std::vector<std::string> distance_names()
{
    std::vector<std::string> names;
    for (const Distance& distance : distances())
        names.emplace_back(distance.name);
    return names;
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
