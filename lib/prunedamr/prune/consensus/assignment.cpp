// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/consensus/assignment.h"

#include "prunedamr/base/error.h"

#include <limits>

namespace prunedamr::prune {
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
