// SPDX-License-Identifier: GPL-3.0-or-later
// Representations to compare, and plain matrices to compare them with.
#pragma once

#include "prunedamr/base/rng.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace prunedamr::prune {

using Matrix = std::vector<std::vector<double>>;

inline at::Tensor normal(std::int64_t rows, std::int64_t columns, std::uint64_t seed)
{
    Rng rng(seed);
    at::Tensor values = at::empty({ rows, columns }, at::kDouble);
    std::generate_n(values.data_ptr<double>(), values.numel(), [&] { return rng.normal(); });
    return values;
}

inline at::Tensor rotation(std::int64_t size, std::uint64_t seed)
{
    return std::get<0>(at::linalg_qr(normal(size, size, seed)));
}

/// Labels 0, 1, 2, 0, ...
inline at::Tensor labels_of_three(std::int64_t rows)
{
    return at::arange(rows).remainder(3);
}

/// Something near `x` that no rotation, scale or order explains.
inline at::Tensor disturbed(const at::Tensor& x, double by, std::uint64_t seed)
{
    return x + by * normal(x.size(0), x.size(1), seed) * at::arange(1, x.size(1) + 1).to(at::kDouble);
}

inline Matrix plain(const at::Tensor& x)
{
    Matrix rows(static_cast<std::size_t>(x.size(0)));
    for (std::int64_t i = 0; i < x.size(0); ++i)
        for (std::int64_t j = 0; j < x.size(1); ++j)
            rows[static_cast<std::size_t>(i)].push_back(x[i][j].item<double>());
    return rows;
}

/// Calls `visit` with the turned and the mirrored version of plane points, over a fine scan of angles.
template <class Visit> void scan_rotations(int steps, const Visit& visit)
{
    for (int step = 0; step < steps; ++step)
        for (const double mirror : { 1.0, -1.0 }) {
            const double c = std::cos(2.0 * M_PI * step / steps), s = std::sin(2.0 * M_PI * step / steps);
            visit(std::array<double, 4>{ c, s, -s * mirror, c * mirror });
        }
}

inline Matrix times(const Matrix& rows, const std::array<double, 4>& t)
{
    Matrix turned = rows;
    for (std::size_t i = 0; i < rows.size(); ++i)
        turned[i] = { rows[i][0] * t[0] + rows[i][1] * t[2], rows[i][0] * t[1] + rows[i][1] * t[3] };
    return turned;
}

} // namespace prunedamr::prune
