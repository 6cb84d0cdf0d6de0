// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/interpolator.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::train {

Interpolator::Interpolator() : between_(7.0) {}

void Interpolator::extend(const float* x, int length, int margin)
{
    extended_.resize(static_cast<std::size_t>(length + 2 * margin));
    const int last = length - 1;
    for (int n = -margin; n < length + margin; ++n) {
        int inside = std::abs(n) % (2 * last); // the mirrored signal has this period
        inside = inside > last ? 2 * last - inside : inside;
        extended_[static_cast<std::size_t>(n + margin)] = x[inside];
    }
}

void Interpolator::read(const float* x, int length, double first, double rate, float* to)
{
    PRUNEDAMR_CHECK(length >= 2, "a signal of one sample has no mirror image");
    const double end = first + (length - 1) * rate;
    const double beyond = std::max({ 0.0, -std::min(first, end), std::max(first, end) - (length - 1) });
    PRUNEDAMR_CHECK(beyond < length, "no position lies farther outside than the signal is long");
    const int margin = kReach + 1 + static_cast<int>(std::ceil(beyond));
    extend(x, length, margin);
    for (int n = 0; n < length; ++n)
        to[n] = between_.at(extended_.data() + margin, first + n * rate);
}

} // namespace prunedamr::train
