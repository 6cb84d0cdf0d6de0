// SPDX-License-Identifier: GPL-3.0-or-later
// What finding, cutting out and classifying eight signals costs with the shipped small model: `cores` is the share of one
// core that a stream of the case's rate takes.
#include "prunedamr/stream/wideband_scanner.h"
#include "prunedamr/stream/model.h"

#include "tests/benchmarks/counting_reporter.h"
#include "tests/dsp/signals.h"

#include <benchmark/benchmark.h>

#include <string>

using namespace prunedamr;
using namespace prunedamr::test;

namespace {

constexpr int kSignals = 8;

Samples eight_signals(int count, double bandwidth)
{
    Samples samples = white_noise(count, 1e-4, 1);
    for (int i = 0; i < kSignals; ++i)
        samples = samples + fsk(count, (i - 3.5) / 9.0, 0.5 * bandwidth, 0.4 * bandwidth, 10 + i);
    return samples;
}

void run_scan(benchmark::State& state, double rate_hz)
{
    constexpr int kEpoch = 1 << 21; // of the detector at these rates; each iteration is one
    static const Samples samples = eight_signals(kEpoch, 25e3 / 2.4e6);
    stream::ClassifierConfig config;
    config.sample_rate_hz = rate_hz;
    std::int64_t events = 0;
    stream::WidebandScanner scanner(stream::open_model(PRUNEDAMR_SHIPPED_MODEL), config,
                                    [&](const stream::LabelEvent&) { ++events; });
    for (auto _ : state)
        scanner.process(samples.data(), samples.size());
    state.SetItemsProcessed(state.iterations() * kEpoch);
    state.counters["events"] = benchmark::Counter(static_cast<double>(events), benchmark::Counter::kAvgIterations);
    state.counters["cores"] =
        benchmark::Counter(kEpoch / rate_hz, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

} // namespace

int main(int argc, char** argv)
{
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    for (const double rate_hz : { 2.4e6, 20e6 })
        benchmark::RegisterBenchmark(("scan/rate:" + std::to_string(rate_hz / 1e6).substr(0, 4)).c_str(),
                                     [=](benchmark::State& state) { run_scan(state, rate_hz); })
            ->Unit(benchmark::kMillisecond);
    return benchmarks::run_counting();
}
