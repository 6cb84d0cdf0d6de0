// SPDX-License-Identifier: GPL-3.0-or-later
// What a survey of eight signals costs with the shipped small model: `cores` is the share of one core that a stream
// of the case's rate takes.
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
constexpr double kIntervalS = 0.1;

Samples eight_signals(int count, double bandwidth)
{
    Samples samples = white_noise(count, 1e-4, 1);
    for (int i = 0; i < kSignals; ++i)
        samples = samples + fsk(count, (i - 3.5) / 9.0, 0.5 * bandwidth, 0.4 * bandwidth, 10 + i);
    return samples;
}

void run_survey(benchmark::State& state, double rate_hz)
{
    const auto count = static_cast<int>(rate_hz * kIntervalS);
    const Samples samples = eight_signals(count, 25e3 / 2.4e6);
    stream::SurveyConfig config;
    config.stream.sample_rate_hz = rate_hz;
    config.stream.interval_s = kIntervalS;
    std::int64_t events = 0;
    stream::WidebandScanner survey(stream::open_model(PRUNEDAMR_SHIPPED_MODEL), config,
                          [&](const stream::LabelEvent&) { ++events; });
    for (auto _ : state)
        survey.process(samples.data(), samples.size());
    state.SetItemsProcessed(state.iterations() * count);
    state.counters["events"] = benchmark::Counter(static_cast<double>(events), benchmark::Counter::kAvgIterations);
    state.counters["cores"] =
        benchmark::Counter(kIntervalS, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

} // namespace

int main(int argc, char** argv)
{
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    for (const double rate_hz : { 2.4e6, 20e6 })
        benchmark::RegisterBenchmark(("survey/rate:" + std::to_string(rate_hz / 1e6).substr(0, 4)).c_str(),
                                     [=](benchmark::State& state) { run_survey(state, rate_hz); })
            ->Unit(benchmark::kMillisecond);
    return benchmarks::run_counting();
}
