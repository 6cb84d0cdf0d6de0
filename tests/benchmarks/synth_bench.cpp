// SPDX-License-Identifier: GPL-3.0-or-later
// Finished frames per second of the recipe "onair", and the time of each stage behind them.
// `onair/...` counts frames (items_per_second); all others count samples and show ns per sample.
#include "prunedamr/base/rng.h"
#include "prunedamr/dsp/front_end.h"
#include "prunedamr/synth/frame_maker.h"
#include "prunedamr/synth/recipe/recipe.h"
#include "prunedamr/synth/signal/channel.h"
#include "prunedamr/synth/signal/modulators.h"
#include "prunedamr/synth/signal/receiver_impairments.h"
#include "prunedamr/synth/signal/symbols.h"

#include "tests/benchmarks/counting_reporter.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <functional>
#include <string>

using namespace prunedamr;
using namespace prunedamr::synth;

namespace {

constexpr int kSamples = 9216; // a block of 8192 and the margins around it
constexpr int kBlock = 8192;
constexpr std::int64_t kFrames = 5000; // enough to hide the start of the threads

void count_samples(benchmark::State& state, int samples)
{
    state.counters["per_sample"] =
        benchmark::Counter(samples, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void make_frames(benchmark::State& state, const std::vector<std::string>& labels, int threads)
{
    FrameMakerConfig config;
    config.recipe = load_recipe("onair");
    config.labels = labels;
    config.threads = threads;
    FrameMaker maker(config);
    const auto classes = static_cast<std::int64_t>(maker.class_names().size());
    std::uint64_t seed = 0;
    std::int64_t frames = 0;
    const std::clock_t start = std::clock();
    for (auto _ : state)
        frames += maker.make(std::max<std::int64_t>(200, kFrames / classes), ++seed).size();
    state.SetItemsProcessed(frames);
    state.counters["per_cpu_second"] =
        static_cast<double>(frames) * CLOCKS_PER_SEC / static_cast<double>(std::clock() - start);
}

void add_recipe()
{
    const auto add = [](const std::string& name, const std::vector<std::string>& labels, int threads) {
        const std::string full = "onair/" + name + "/threads:" + std::to_string(threads);
        benchmark::RegisterBenchmark(full.c_str(),
                                     [=](benchmark::State& state) { make_frames(state, labels, threads); })
            ->UseRealTime()
            ->MeasureProcessCPUTime()
            ->Unit(benchmark::kMillisecond);
    };
    const auto recipe = load_recipe("onair");
    for (const auto& label : recipe->labels())
        add(label, { label }, 1);
    add("all", {}, 1);
    add("all", {}, 2);
}

void add_stage(const std::string& name, const std::function<void(Rng&)>& stage, int samples = kSamples)
{
    benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
        Rng rng(1);
        for (auto _ : state)
            stage(rng);
        count_samples(state, samples);
    })->Unit(benchmark::kMicrosecond);
}

/// A stage that works in place on samples of a steady level.
void add_in_place(const std::string& name, const std::function<void(Samples&, Rng&)>& stage)
{
    benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
        Rng rng(1);
        Samples fresh(kSamples);
        add_noise(fresh, 0.01, rng);
        Samples samples = fresh;
        for (auto _ : state) {
            std::copy(fresh.begin(), fresh.end(), samples.begin());
            stage(samples, rng);
            benchmark::DoNotOptimize(samples.data());
        }
        count_samples(state, kSamples);
    })->Unit(benchmark::kMicrosecond);
}

void add_modulators()
{
    for (const double samples_per_symbol : { 2.5, 20.0 }) {
        const std::string rate = "/samples_per_symbol:" + std::to_string(samples_per_symbol).substr(0, 4);
        const int symbols = static_cast<int>(kSamples / samples_per_symbol) + 16;
        add_stage("symbols/16QAM" + rate, [=](Rng& rng) { draw_symbols(16, symbols, rng); });
        for (const auto& [name, pulse] : { std::pair{ "linear/rrc", Pulse::root_raised_cosine },
                                           std::pair{ "linear/gaussian", Pulse::gaussian },
                                           std::pair{ "linear/rectangular", Pulse::rectangular } }) {
            Rng rng(2);
            const Samples& alphabet = constellation("16QAM", "benchmark");
            Samples points;
            for (const auto symbol : draw_symbols(16, symbols, rng))
                points.push_back(alphabet[symbol]);
            add_stage(name + rate, [=, pulse = pulse](Rng& rng) {
                LinearConfig config;
                config.samples_per_symbol = samples_per_symbol;
                config.pulse = pulse;
                config.shape = rng.uniform(0.2, 0.9);
                modulate_linear(points, config, kSamples);
            });
        }
        Rng rng(3);
        const auto levels = to_levels(draw_symbols(2, symbols, rng), 2);
        add_stage("cpm" + rate, [=](Rng&) {
            modulate_cpm(levels, { samples_per_symbol, 0.7, 0.5, 0.0 }, kSamples);
        });
    }
    for (const auto& [name, kind] : { std::pair{ "voice", Message::voice }, std::pair{ "music", Message::music },
                                      std::pair{ "multiplex", Message::multiplex } })
        for (const double highest : { 0.02, 0.3 })
            add_stage(std::string("message/") + name + "/highest:" + std::to_string(highest).substr(0, 4),
                      [=, kind = kind](Rng& rng) { make_message(kind, highest, kSamples, rng); });
    Rng rng(4);
    const auto message = make_message(Message::voice, 0.1, kSamples, rng);
    add_stage("am", [=](Rng&) { modulate_am(message, 0.8); });
    add_stage("fm", [=](Rng&) { modulate_fm(message, 0.1); });
    add_stage("pre_emphasis", [=](Rng&) {
        auto copy = message;
        pre_emphasize(copy, 0.02);
    });
    for (const double oversampling : { 1.0, 1.3, 6.0 })
        add_stage("ofdm/oversampling:" + std::to_string(oversampling).substr(0, 3), [=](Rng& rng) {
            OfdmConfig config;
            config.transform_size = 256;
            config.guard = 32;
            config.oversampling = oversampling;
            config.carrier_modulation = "64QAM";
            modulate_ofdm(config, kSamples, false, rng);
        });
}

void add_channel_and_receiver()
{
    add_in_place("copy", [](Samples&, Rng&) {});
    add_in_place("normalize_power", [](Samples& x, Rng&) { normalize_power(x); });
    add_in_place("gate_burst", [](Samples& x, Rng&) { gate_burst(x, 1000, 8000, 32); });
    add_in_place("fade", [](Samples& x, Rng&) { fade(x, 0.5, 1e-4, 1.0); });
    add_in_place("echo", [](Samples& x, Rng&) { add_echo(x, 7, { 0.1f, 0.2f }); });
    add_in_place("mix", [](Samples& x, Rng& rng) { mix(x, { 0.1, 1e-3, 1e-5, 1.0 }, rng); });
    add_in_place("noise", [](Samples& x, Rng& rng) { add_noise(x, 0.1, rng); });
    add_in_place("iq_imbalance", [](Samples& x, Rng&) { unbalance_iq(x, 0.5, 0.05); });
    add_in_place("constant", [](Samples& x, Rng&) { add_constant(x, { 0.1f, 0.0f }); });
    add_in_place("gain_step", [](Samples& x, Rng&) { step_gain(x, 100, 2.0, 1000.0); });
    add_in_place("quantize", [](Samples& x, Rng&) { quantize(x, 12, 1.0); });
    add_in_place("tilt", [](Samples& x, Rng&) { tilt_spectrum(x, 3.0); });
    add_in_place("droop", [](Samples& x, Rng&) { droop_spectrum(x, 0.4, 2.5); });
    add_in_place("channel_filter", [](Samples& x, Rng&) { filter_channel(x, { 0.1, 0.2, 0.01, -60.0 }); });
}

void add_front_end()
{
    for (const double bandwidth : { 0.03, 0.1, 0.3, 0.8 }) {
        Rng rng(5);
        Samples samples(kBlock);
        add_noise(samples, 1.0, rng);
        filter_channel(samples, { 0.05, bandwidth, 0.1 * bandwidth, -60.0 });
        add_noise(samples, 1e-3, rng);
        benchmark::RegisterBenchmark(("front_end/bandwidth:" + std::to_string(bandwidth).substr(0, 4)).c_str(),
                                     [=](benchmark::State& state) {
                                         dsp::FrontEnd front_end{ FrontEndSpec{} };
                                         std::vector<float> frames(
                                             static_cast<std::size_t>(front_end.max_frames()) * 2048);
                                         for (auto _ : state)
                                             front_end.process(samples.data(), kBlock, frames.data());
                                         count_samples(state, kBlock);
                                     })
            ->Unit(benchmark::kMicrosecond);
    }
    benchmark::RegisterBenchmark("front_end/construction", [](benchmark::State& state) {
        for (auto _ : state)
            dsp::FrontEnd{ FrontEndSpec{} };
    })->Unit(benchmark::kMillisecond);
}

} // namespace

int main(int argc, char** argv)
{
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    add_recipe();
    add_modulators();
    add_channel_and_receiver();
    add_front_end();
    return benchmarks::run_counting();
}
