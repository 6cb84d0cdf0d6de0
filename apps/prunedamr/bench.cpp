// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/prunedamr/profile.h"
#include "apps/prunedamr/runner.h"
#include "apps/prunedamr/subcommands.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/engine/compiled_graph.h"
#include "prunedamr/model/model_file.h"
#include "prunedamr/model/model_search.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>

namespace prunedamr::tool {
namespace {

struct Options {
    std::string model;
    std::vector<std::string> against;
    std::vector<int> batches = { 1, 8, 64 };
    int repetitions = 200;
    bool profile = false;
    std::string json;
};

struct Case {
    std::string backend;
    int batch = 0;
    metrics::Runner runner;
    std::vector<double> us; ///< per call
};

double quantile(std::vector<double> values, double q)
{
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1) + 0.5)];
}

/// All cases in turn, again and again, so that whatever the host does meanwhile meets every one of them. Each call
/// is made twice and its second run timed: the caches are its own, not those of the case before.
void measure(std::vector<Case>& cases, const model::Model& model, int repetitions)
{
    const int highest = std::max_element(cases.begin(), cases.end(), [](const Case& a, const Case& b) {
                            return a.batch < b.batch;
                        })->batch;
    std::vector<float> frames(static_cast<std::size_t>(highest) * 2 * model.network.length);
    std::vector<float> logits(static_cast<std::size_t>(highest) * model.network.classes());
    Rng rng(1);
    for (float& value : frames)
        value = static_cast<float>(rng.normal());
    for (int repetition = -2; repetition < repetitions; ++repetition) // two rounds to warm up
        for (auto& c : cases) {
            c.runner.run(frames.data(), c.batch, logits.data());
            const auto start = std::chrono::steady_clock::now();
            c.runner.run(frames.data(), c.batch, logits.data());
            const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
            if (repetition >= 0)
                c.us.push_back(took.count());
        }
}

/// Prints a line per case; returns them as JSON.
nlohmann::json print_cases(const std::vector<Case>& cases, const model::Model& model, const engine::Peak& peak)
{
    auto rows = nlohmann::json::array();
    double engine_us = 0.0;
    const auto macs = static_cast<double>(engine::macs_of(engine::compile_graph(model.network)));
    std::printf("%-8s %-9s %6s %12s %12s %12s %10s %8s\n", "backend", "precision", "batch", "median us", "p99 us",
                "us/frame", "of engine", "of peak");
    for (const auto& c : cases) {
        const std::string precision = precision_of(model, c.backend);
        const double median = quantile(c.us, 0.5), p99 = quantile(c.us, 0.99);
        const double per_s = macs * c.batch / median * 1e6;
        const double fraction = per_s / (precision == "int8" ? peak.int8 : peak.float32);
        if (c.backend == "engine")
            engine_us = median;
        rows.push_back({ { "model", model.info.name },
                         { "backend", c.backend == "float32" ? "engine" : c.backend },
                         { "precision", precision },
                         { "batch", c.batch },
                         { "median_us", median },
                         { "p99_us", p99 },
                         { "gmac_per_s", per_s / 1e9 },
                         { "fraction_of_peak", fraction } });
        std::printf("%-8s %-9s %6d %12.1f %12.1f %12.2f %9.2fx %7.1f%%\n", c.backend.c_str(), precision.c_str(),
                    c.batch, median, p99, median / c.batch, median / engine_us, 100 * fraction);
    }
    return rows;
}

void run(const Options& options)
{
    const auto model = model::load_model(model::find_model(options.model));
    std::vector<std::string> names = { "engine" };
    names.insert(names.end(), options.against.begin(), options.against.end());
    std::vector<Case> cases;
    for (const int batch : options.batches)
        for (const auto& name : names)
            cases.push_back({ name, batch, make_runner(model, name, batch), {} });
    engine::Peak peak = engine::measure_peak();
    measure(cases, model, options.repetitions);
    const engine::Peak after = engine::measure_peak();
    peak = { std::max(peak.float32, after.float32), std::max(peak.int8, after.int8) };
    std::printf("peak of this core, GMAC/s: float32 %.1f, int8 %.1f\n", peak.float32 / 1e9, peak.int8 / 1e9);
    cli::write_json(print_cases(cases, model, peak), options.json);
    if (options.profile)
        for (const auto& name : names)
            if (name == "engine" || name == "float32")
                print_profile(model, name == "float32", options.batches.front(), options.repetitions, peak);
}

} // namespace

void add_bench(CLI::App& app)
{
    auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("bench", "time a model on one core, beside peers in the same run");
    command->add_option("model", options->model, "model file or name")->type_name(cli::kModel)->required();
    cli::add_list(
        *command, "--against", options->against,
        "peers: float32 (the engine without roundings to 8 bits), onednn, torch (TorchScript, optimized for "
        "inference)")
        ->check(CLI::IsMember({ "float32", "onednn", "torch" }));
    cli::add_list(*command, "--batch", options->batches, "frames per call, comma-separated (default 1,8,64)")
        ->check(CLI::Range(1, 1024));
    command->add_option("--repetitions", options->repetitions, "timed calls of each case")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000000));
    command->add_flag("--profile", options->profile, "also a line per step of the engine, at the first --batch");
    cli::add_json(*command, options->json, "write a row per case to this file");
    command->callback([options] { run(*options); });
}

} // namespace prunedamr::tool
