// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/peak.h"

#include "prunedamr/engine/isa.h"

#include <algorithm>
#include <chrono>

namespace prunedamr::engine {
namespace {

double fastest(double (*peak)(long rounds))
{
    constexpr long kRounds = 50'000;
    constexpr int kLoops = 40;
    double best = 0.0;
    for (int loop = 0; loop < kLoops; ++loop) {
        const auto start = std::chrono::steady_clock::now();
        const double done = peak(kRounds + loop); // another count each time: nothing to remember
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
        best = std::max(best, done / took.count());
    }
    return best;
}

} // namespace

Peak measure_peak()
{
    const KernelSet& kernels = choose_kernels();
    return { fastest(kernels.floats->peak), fastest(kernels.bytes->peak) };
}

} // namespace prunedamr::engine
