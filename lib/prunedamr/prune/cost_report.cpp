// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/cost_report.h"

#include "prunedamr/engine/engine.h"
#include "prunedamr/graph/network_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <vector>

namespace prunedamr::prune {
namespace {

double share_cut(std::int64_t before, std::int64_t after)
{
    return before > 0 ? 1.0 - static_cast<double>(after) / static_cast<double>(before) : 0.0;
}

} // namespace

nlohmann::json cost_report(const graph::Cost& before, const graph::Cost& after)
{
    return { { "before", graph::to_json(before) },
             { "after", graph::to_json(after) },
             { "cut",
               { { "params", share_cut(before.params, after.params) },
                 { "macs", share_cut(before.macs, after.macs) },
                 { "paper_flops", share_cut(before.paper_flops, after.paper_flops) },
                 { "bytes", share_cut(before.bytes, after.bytes) } } } };
}

std::string cost_text(const graph::Cost& before, const graph::Cost& after)
{
    return fmt::format("cost: params {} -> {} (-{:.1f} %), MACs {} -> {} (-{:.1f} %)", before.params, after.params,
                       100.0 * share_cut(before.params, after.params), before.macs, after.macs,
                       100.0 * share_cut(before.macs, after.macs));
}

namespace {

using Clock = std::chrono::steady_clock;

double median_us(engine::Engine& engine, const std::vector<float>& frame, std::vector<float>& logits)
{
    constexpr std::size_t kLeastRuns = 17;
    constexpr double kLeastUs = 33'000.0;
    std::vector<double> times;
    for (double total = 0.0; times.size() < kLeastRuns || total < kLeastUs; total += times.back()) {
        const auto start = Clock::now();
        engine.run(frame.data(), 1, logits.data());
        times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
    }
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    return *middle;
}

} // namespace

double engine_latency_us(const graph::Network& network)
{
    engine::EngineConfig config;
    config.max_batch = 1;
    config.self_check = false; // a network that is still being made has no golden vector
    engine::Engine engine(network, config);
    const std::vector<float> frame(static_cast<std::size_t>(2 * network.length), 0.1F);
    std::vector<float> logits(static_cast<std::size_t>(network.classes()));
    for (int i = 0; i < 3; ++i)
        engine.run(frame.data(), 1, logits.data());
    double least = median_us(engine, frame, logits);
    for (int i = 0; i < 2; ++i)
        least = std::min(least, median_us(engine, frame, logits));
    return least;
}

} // namespace prunedamr::prune
