// SPDX-License-Identifier: GPL-3.0-or-later
// What finding emissions costs: samples a second of one core, in noise and among ten emissions.
#include "prunedamr/detect/detector.h"

#include "tests/benchmarks/counting_reporter.h"
#include "tests/dsp/signals.h"

#include <benchmark/benchmark.h>

using namespace prunedamr;
using namespace prunedamr::test;

namespace {

constexpr double kRate_hz = 61.44e6;

test::Samples band(std::size_t count, int emissions)
{
    auto samples = test::white_noise(static_cast<int>(count), 1e-4, 1);
    for (int i = 0; i < emissions; ++i)
        samples = samples + test::fsk(static_cast<int>(count), (i - 4.5) / 11.0, 0.01, 0.004, 10 + i) * 0.03f;
    return samples;
}

void run_detector(benchmark::State& state, int emissions)
{
    detect::DetectorConfig config;
    config.sample_rate_hz = kRate_hz;
    detect::Detector detector(config);
    const auto samples = band(detector.epoch_samples(), emissions);
    std::int64_t found = 0;
    for (auto _ : state)
        for (std::size_t at = 0; at < samples.size();) {
            at += detector.process(samples.data() + at, samples.size() - at);
            found += detector.count();
        }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(samples.size()));
    state.counters["found"] = benchmark::Counter(static_cast<double>(found), benchmark::Counter::kAvgIterations);
}

} // namespace

int main(int argc, char** argv)
{
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    for (const int emissions : { 0, 10 })
        benchmark::RegisterBenchmark(("detect/emissions:" + std::to_string(emissions)).c_str(),
                                     [=](benchmark::State& state) { run_detector(state, emissions); })
            ->Unit(benchmark::kMillisecond);
    return benchmarks::run_counting();
}
