// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The table of the float32 kernels of one instruction set.

#include "prunedamr/engine/kernels/float32/conv.h"
#include "prunedamr/engine/kernels/float32/elementwise.h"

namespace prunedamr::engine {
namespace {

/// Multiply-accumulates done in `rounds` rounds: as many independent ones as keep the units of a core busy, on
/// registers alone.
double peak(long rounds)
{
    constexpr int kSums = PRUNEDAMR_PEAK_SUMS;
    const volatile float unknown = 0.5f; // or the compiler would do the sums
    const Vec factor = broadcast(unknown), term = broadcast(unknown);
    Vec sums[kSums];
    for (int i = 0; i < kSums; ++i)
        sums[i] = broadcast(unknown * static_cast<float>(i));
    for (long round = 0; round < rounds; ++round)
        for (int i = 0; i < kSums; ++i)
            sums[i] = sums[i] * factor + term;
    Vec all{};
    for (int i = 0; i < kSums; ++i)
        all += sums[i];
    volatile float used = all[0];
    static_cast<void>(used);
    return static_cast<double>(rounds) * kSums * kLanes;
}

constexpr Float32Kernels float32_table(const char* name)
{
    return { name, kLanes,  kMaxVectors, conv<Float32Conv>, depthwise_conv, max_pool, avg_pool, global_avg_pool,
             sum,  sigmoid, peak };
}

} // namespace
} // namespace prunedamr::engine
