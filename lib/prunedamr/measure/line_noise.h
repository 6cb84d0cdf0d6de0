// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/measure/workspace.h"

namespace prunedamr::measure {

/// Power that Gaussian noise of a given density has at each frequency of its square: what a line stands against.
class LineNoise
{
public:
    /// Adds `power` to the density at bin `k` of `size`, counted from frequency zero, of either sign.
    void clear() noexcept;
    void add(int k, int size, float power) noexcept;

    enum class Square { envelope, square, real }; ///< |y|^2; y^2 of a complex y; y^2 of a real one

    /// E|transform of the square|^2, of `count` samples whose transform of `bins` points was added (its squared
    /// magnitude per sample); at least 2 % of its top.
    void expect(const Workspace& space, Square square, int count, int bins) noexcept;
    double at(double frequency) const noexcept; ///< cycles per sample

    static constexpr int kCells = 512; ///< the finest that a density is kept

private:
    alignas(64) Complex density_[kCells], scratch_[kCells];
    float expected_[kCells];
};

} // namespace prunedamr::measure
