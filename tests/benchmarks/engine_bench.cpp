// SPDX-License-Identifier: GPL-3.0-or-later
// Time per frame of the engine's backends and precisions, side by side.
#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/engine/engine.h"
#include "prunedamr/graph/zoo.h"

#include "tests/benchmarks/counting_reporter.h"
#include "tests/graph/quantized_networks.h"

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
    config.length = length;
    config.classes = kClasses;
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

struct Contender {
    const char* name;
    engine::Backend backend;
    bool int8;
};

void add_benchmarks(const std::string& arch, int length, const Contender& contender)
{
    auto network = make_network(arch, length);
    if (contender.int8)
        network = graph::quantized(network, 1);
    engine::EngineConfig config;
    config.backend = contender.backend;
    config.max_batch = kLargestBatch;
    const auto engine = std::make_shared<engine::Engine>(network, config);
    std::fprintf(stderr, "%s: %s\n", arch.c_str(), engine->description().c_str());
    for (int batch : { 1, 8, kLargestBatch }) {
        const std::string name =
            arch + "/length:" + std::to_string(length) + "/batch:" + std::to_string(batch) + "/" + contender.name;
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
    for (const Contender& contender : { Contender{ "native", engine::Backend::native, false },
                                        Contender{ "native-int8", engine::Backend::native, true },
                                        Contender{ "onednn", engine::Backend::onednn, false } }) {
        try {
            add_benchmarks("amr_s", 1024, contender);
            add_benchmarks("amr_ds_m", 128, contender);
            add_benchmarks("resnet56", 128, contender);
        } catch (const Error& error) {
            std::fprintf(stderr, "left out: %s\n", error.what());
        }
    }
    return benchmarks::run_counting();
}
