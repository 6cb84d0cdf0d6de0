// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/host_speed.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/engine/kernels/kernels.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace prunedamr::engine {
namespace {

constexpr std::size_t kCalls = 15;

std::string in_us(double us)
{
    return fmt::format("{:.3g} us", us);
}

double median_us(Engine& engine, int batch, const std::vector<float>& frames, std::vector<float>& logits)
{
    std::vector<double> us;
    for (std::size_t call = 0; call <= kCalls; ++call) {
        const auto start = std::chrono::steady_clock::now();
        engine.run(frames.data(), batch, logits.data());
        const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
        if (call > 0) // the first warms the caches
            us.push_back(took.count());
    }
    std::nth_element(us.begin(), us.begin() + kCalls / 2, us.end());
    return us[kCalls / 2];
}

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

int best_batch(Engine& engine, double max_latency_us)
{
    std::vector<float> frames(static_cast<std::size_t>(engine.max_batch() * 2 * engine.length()));
    std::vector<float> logits(static_cast<std::size_t>(engine.max_batch() * engine.classes()));
    Rng rng(1);
    for (float& value : frames)
        value = static_cast<float>(rng.normal());
    int best = 0;
    double most = 0.0, single_us = 0.0;
    for (int batch = 1; batch <= engine.max_batch(); batch += std::max(1, batch / 4)) {
        const double us = median_us(engine, batch, frames, logits);
        if (batch == 1)
            single_us = us;
        if (us <= max_latency_us && batch / us > most) {
            most = batch / us;
            best = batch;
        }
        if (us > 2.0 * max_latency_us)
            break;
    }
    if (best == 0)
        throw Error{ { "a single frame takes longer than the latency bound", engine.description(), in_us(single_us),
                       "at most " + in_us(max_latency_us) } };
    return best;
}

Peak measure_peak()
{
    const KernelSet& kernels = choose_kernels();
    return { fastest(kernels.float32->peak), fastest(kernels.int8->peak) };
}

} // namespace prunedamr::engine
