// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr/profile.h"

#include "prunedamr/base/rng.h"
#include "prunedamr/engine/engine.h"

#include <cstdio>

namespace prunedamr::tool {

void print_profile(const model::Model& model, bool float32, int batch, int repetitions,
                   const engine::Peak& peak)
{
    engine::EngineConfig config;
    config.max_batch = batch;
    config.precision = float32 ? engine::Precision::float32 : engine::Precision::as_model;
    engine::Engine compiled(model, config);
    std::vector<float> frames(static_cast<std::size_t>(batch) * 2 * model.network.length);
    Rng rng(1);
    for (float& value : frames)
        value = static_cast<float>(rng.normal());
    const auto steps = compiled.profile(frames.data(), batch, repetitions);

    double all = 0.0;
    for (const auto& step : steps)
        all += step.us;
    std::printf("\n%s, batch %d, each step by itself\n", compiled.description().c_str(), batch);
    std::printf("%-36s %-14s %-8s %9s %7s %10s %8s\n", "node", "operation", "sums", "us", "fraction", "MACs",
                "of peak");
    for (const auto& step : steps) {
        std::printf("%-36s %-14s %-8s %9.3f %6.1f%% ", step.node.c_str(), step.op.c_str(),
                    step.macs == 0 ? ""
                    : step.int8    ? "int8"
                                   : "float32",
                    step.us, 100 * step.us / all);
        if (step.macs > 0)
            std::printf("%10lld %7.1f%%", static_cast<long long>(step.macs),
                        1e8 * static_cast<double>(step.macs) / step.us / (step.int8 ? peak.int8 : peak.float32));
        std::printf("\n");
    }
    std::printf("%-60s %9.3f\n", "all", all);
}

} // namespace prunedamr::tool
