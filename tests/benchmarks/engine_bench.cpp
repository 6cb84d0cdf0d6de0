// SPDX-License-Identifier: GPL-3.0-or-later
// Time per frame of the engine's backends, side by side.
#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/engine/engine.h"
#include "prunedamr/graph/zoo.h"

#include "benchmarks/counting_reporter.h"

#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

using namespace prunedamr;

namespace {

constexpr int kClasses = 14;
constexpr int kLargestBatch = 64;

graph::Network make_network(const std::string& arch, int length)
{
    graph::ZooConfig config;
    config.arch = arch;
    config.front_end.kind = FrontEndSpec::Kind::as_is;
    config.front_end.frame_length = length;
    config.front_end.block_length = length;
    for (int c = 0; c < kClasses; ++c)
        config.labels.push_back("class" + std::to_string(c));
    return graph::make_network(config);
}

void run(benchmark::State& state, engine::Engine& engine, int batch)
{
    Rng rng(1);
    std::vector<float> frames(static_cast<std::size_t>(batch * 2 * engine.length()));
    for (float& sample : frames)
        sample = static_cast<float>(rng.normal());
    std::vector<float> logits(static_cast<std::size_t>(batch * engine.classes()));
    for (auto _ : state) {
        engine.run(frames.data(), batch, logits.data());
        benchmark::DoNotOptimize(logits.data());
    }
    state.counters["per_frame"] =
        benchmark::Counter(batch, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void add_benchmarks(const std::string& arch, int length, engine::Backend backend)
{
    const auto network = make_network(arch, length);
    engine::EngineConfig config;
    config.backend = backend;
    config.max_batch = kLargestBatch;
    const auto engine = std::make_shared<engine::Engine>(network, config);
    std::fprintf(stderr, "%s: %s\n", arch.c_str(), engine->description().c_str());
    for (int batch : { 1, 8, kLargestBatch }) {
        const std::string name = arch + "/length:" + std::to_string(length) + "/batch:" + std::to_string(batch) +
                                 "/" + (backend == engine::Backend::native ? "native" : "onednn");
        benchmark::RegisterBenchmark(name.c_str(), [engine, batch](benchmark::State& state) {
            run(state, *engine, batch);
        })->Unit(benchmark::kMicrosecond);
    }
}

} // namespace

int main(int argc, char** argv)
{
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    for (const engine::Backend backend : { engine::Backend::native, engine::Backend::onednn }) {
        try {
            add_benchmarks("amr_s", 1024, backend);
            add_benchmarks("resnet56", 128, backend);
        } catch (const Error& error) {
            std::fprintf(stderr, "left out: %s\n", error.what());
        }
    }
    return benchmarks::run_counting();
}
