// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/measure/line_noise.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::measure {

void LineNoise::clear() noexcept
{
    std::fill(density_, density_ + kCells, Complex());
}

void LineNoise::add(int k, int size, float power) noexcept
{
    const auto cell = static_cast<int>(std::lround(static_cast<double>(k) * kCells / size));
    density_[(cell % kCells + kCells) % kCells] += power;
}

void LineNoise::expect(const Workspace& space, Square square, int count, int bins) noexcept
{
    // count x integral of density(f + a) density(+-f) df; a cell holds the sum of its bins.
    const double scale = (square == Square::envelope ? 1.0 : 2.0) * count / (static_cast<double>(bins) * bins);
    space.forward(kCells, density_, scratch_);
    for (auto& value : scratch_)
        value = square == Square::envelope ? Complex(std::norm(value)) : value * value;
    alignas(64) Complex correlation[kCells];
    space.backward(kCells, scratch_, correlation);
    float top = 1e-30f;
    for (int k = 0; k < kCells; ++k) {
        expected_[k] = static_cast<float>(correlation[k].real() * scale);
        top = std::max(top, expected_[k]);
    }
    for (float& value : expected_)
        value = std::max(value, 0.02f * top);
}

double LineNoise::at(double frequency) const noexcept
{
    const double at = (frequency - std::floor(frequency)) * kCells;
    const int k = static_cast<int>(at);
    const double fraction = at - k;
    return (1.0 - fraction) * expected_[k % kCells] + fraction * expected_[(k + 1) % kCells];
}

} // namespace prunedamr::measure
