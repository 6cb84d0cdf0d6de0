// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The table of the int8 kernels of one instruction set. Its source file has included its depthwise conv.

#include "prunedamr/engine/kernels/int8/conv.h"
#include "prunedamr/engine/kernels/int8/elementwise.h"

#ifndef PRUNEDAMR_INT8_DEPTHWISE
#include "prunedamr/engine/kernels/int8/depthwise_pairs.h"
#endif

namespace prunedamr::engine {
namespace {

/// As that of float32, in integers.
double peak(long rounds)
{
    constexpr int kSums = PRUNEDAMR_PEAK_SUMS;
    std::uint8_t inputs[4 * kQuads];
    std::int8_t weights[kQuads * kQuadBytes];
    for (int i = 0; i < 4 * kQuads; ++i)
        inputs[i] = static_cast<std::uint8_t>(rounds + i);
    for (int i = 0; i < kQuads * kQuadBytes; ++i)
        weights[i] = static_cast<std::int8_t>((rounds + i) % 100);
    Quads x = quads(inputs);
    Sum sums[kSums];
    for (int i = 0; i < kSums; ++i)
        sums[i] = begin(IVec{});
    for (long round = 0; round < rounds; ++round)
        for (int i = 0; i < kSums; ++i) {
            renew(x);
            sums[i] = dot<kQuads>(sums[i], x, weights, kQuadBytes);
        }
    IVec all{};
    for (int i = 0; i < kSums; ++i)
        all += total(sums[i]);
    volatile std::int32_t used = all[0];
    static_cast<void>(used);
    return static_cast<double>(rounds) * kSums * kLanes * 4 * kQuads;
}

constexpr Int8Kernels int8_table()
{
    return { kLanes,         kMaxVectors, kOrder,   kShift,          kDepthLanes, kDepthOrder, conv<Int8Conv>,
             depthwise_conv, max_pool,    avg_pool, global_avg_pool, sum,         peak };
}

} // namespace
} // namespace prunedamr::engine
