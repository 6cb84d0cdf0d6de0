// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/prunedamr/compare_models.h"
#include "apps/prunedamr/frame_data.h"
#include "apps/prunedamr/subcommands.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/dataset/dataset.h"
#include "prunedamr/metrics/gate.h"
#include "prunedamr/model/model_file.h"
#include "prunedamr/model/model_search.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>

namespace prunedamr::tool {
namespace {

struct Options {
    std::string updated, base;
    std::string captures;
    FrameData old_data;
    std::string costs, json;
    metrics::GateConfig gate;
};

void run(Options& options)
{
    const auto updated = model::load_model(model::find_model(options.updated));
    const auto base = model::load_model(model::find_model(options.base));
    auto& gate = options.gate;
    if (!options.costs.empty())
        gate.costs = metrics::read_costs(read_file(options.costs, 1 << 20), options.costs);
    options.old_data.front_end = base.info.front_end;
    const Opinions captures = opinions(base, updated, dataset::read_dataset(options.captures), options.captures);
    const Opinions old = opinions(base, updated, load_frames(options.old_data), options.old_data.data);
    const auto [before_us, after_us] = latencies_us(base, updated);
    const std::vector<metrics::GateCheck> checks = {
        metrics::check_better(captures.joint, gate),
        metrics::check_accuracy(old.joint, gate),
        metrics::check_classes(old.joint, gate),
        metrics::check_calibration(old.before, old.after, gate),
        metrics::check_rejection(old.joint, gate),
        metrics::check_cost({ &captures.joint, &old.joint }, gate),
        metrics::check_latency(before_us, after_us, gate),
    };
    nlohmann::json report{ { "model", updated.info.name }, { "base", base.info.name }, { "command", cli::command_line() } };
    std::string failed;
    for (const auto& check : checks) {
        std::printf("%-6s %-22s %s\n", check.passed ? "passed" : "FAILED", check.name.c_str(), check.text.c_str());
        report["checks"].push_back({ { "name", check.name }, { "passed", check.passed }, { "text", check.text }, { "numbers", check.numbers } });
        if (!check.passed)
            failed += (failed.empty() ? "" : ", ") + ("'" + check.name + "'");
    }
    report["passed"] = failed.empty();
    cli::write_json(report, options.json);
    std::fflush(stdout);
    if (!failed.empty())
        throw Error({ "the model does not pass", options.updated, failed, "" });
}

CLI::Option* add_margin(CLI::App& command, const std::string& name, double& value, const std::string& help)
{
    return command.add_option(name, value, help)->capture_default_str()->check(CLI::Range(0.0, 1.0));
}

} // namespace

void add_gate(CLI::App& app)
{
    auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("gate", "whether a new model may take the place of an old one: exit code 0, or 1 and why not");
    command->add_option("new", options->updated, "new model")->type_name(cli::kModel)->required();
    command->add_option("old", options->base, "model whose place it is to take")->type_name(cli::kModel)->required();
    command->add_option("--data", options->captures,
                        "data set of new captures, of which neither model has learned: the new one must be better on them")
        ->type_name(cli::kInput)
        ->required();
    auto& old = options->old_data;
    old.data = "synth:onair";
    old.data_seed = 77;
    old.frames_per_class = 2000;
    old.command = command;
    command->add_option("--old-data", old.data, "data set, or recipe (synth:...), of what the old model knows: nothing of it may be lost")
        ->type_name(cli::kInput)
        ->capture_default_str();
    command->add_option("--old-frames-per-class", old.frames_per_class, "of a recipe: frames of each class")
        ->capture_default_str()
        ->check(CLI::Range(10, 10000000));
    command->add_option("--old-seed", old.data_seed, "random seed of a recipe")->capture_default_str();
    auto& gate = options->gate;
    command->add_option("--alpha", gate.alpha, "chance of error of each test")->capture_default_str()->check(CLI::Range(1e-6, 0.5));
    add_margin(*command, "--margin", gate.margin, "by which accuracy on old data may fall, of all and of each class");
    add_margin(*command, "--calibration-margin", gate.calibration_margin, "by which the calibration error may rise");
    add_margin(*command, "--rejection-margin", gate.rejection_margin, "by which the fraction of named signals called unknown may rise");
    add_margin(*command, "--cost-margin", gate.cost_margin, "by which the mean cost of a decision may rise");
    command->add_option("--latency-ratio", gate.latency_ratio, "time per frame that is allowed, as a multiple of the old model's")
        ->capture_default_str()
        ->check(CLI::Range(0.01, 1000.0));
    command->add_option("--cost-matrix", options->costs,
                        "JSON {truth: {decision: cost}}; not named: 0 where it is right, 0.5 for the right family and for unknown, else 1")
        ->type_name(cli::kInput);
    cli::add_json(*command, options->json, "write all numbers to this file");
    command->callback([options] { run(*options); });
}

} // namespace prunedamr::tool
