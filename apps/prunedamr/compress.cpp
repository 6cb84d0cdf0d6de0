// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/prunedamr/frame_data.h"
#include "apps/prunedamr/method_options.h"
#include "apps/prunedamr/model_output.h"
#include "apps/prunedamr/subcommands.h"
#include "apps/prunedamr/train_options.h"

#include "prunedamr/base/error.h"
#include "prunedamr/dataset/dataset.h"
#include "prunedamr/graph/network_json.h"
#include "prunedamr/metrics/scores_json.h"
#include "prunedamr/model/model_file.h"
#include "prunedamr/model/model_json.h"
#include "prunedamr/model/model_search.h"
#include "prunedamr/prune/chain.h"
#include "prunedamr/prune/compress.h"
#include "prunedamr/prune/method.h"
#include "prunedamr/train/evaluate.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <regex>

namespace prunedamr::tool {
namespace {

struct Options : ModelTask {
    bool distill = false;
    std::vector<std::string> classes; ///< of the result; empty: all
    prune::CompressConfig compress;
    std::shared_ptr<prune::MethodOptions> methods = std::make_shared<prune::MethodOptions>();
    TrainOptions train;
};

/// Leaves frames and networks of these classes, if any are named: the whole of what follows is about them.
void narrow(const std::vector<std::string>& classes, model::Model& original, dataset::Dataset& dataset,
            FrameShards& shards, std::optional<model::Model>& teacher)
{
    if (classes.empty())
        return;
    original = model::keep_classes(original, classes);
    dataset = dataset::select_classes(dataset, classes);
    if (teacher)
        teacher = model::keep_classes(*teacher, classes);
    if (shards.make)
        shards.make = [make = shards.make, classes](std::uint64_t shard) {
            return dataset::select_classes(make(shard), classes);
        };
}

/// Checkpoints of stages and trials, beside the last one's.
void remove_inner_checkpoints(const std::string& checkpoint)
{
    namespace fs = std::filesystem;
    const fs::path path(checkpoint);
    static const std::regex own("(\\.(stage|trial)?[0-9]+|\\.search)+");
    const std::string prefix = path.filename().string();
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    std::vector<fs::path> inner;
    for (const auto& entry : fs::directory_iterator(folder))
        if (const std::string name = entry.path().filename().string();
            name.rfind(prefix, 0) == 0 && std::regex_match(name.substr(prefix.size()), own))
            inner.push_back(entry.path());
    for (const fs::path& file : inner)
        fs::remove(file);
}

/// What is wrong with a --method; empty if nothing is.
std::string method_fault(const std::string& text)
{
    if (text == "auto")
        return "";
    try {
        prune::parse_chain(text);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

void run(Options& options)
{
    finish_train_options(options.train, options.out);
    auto original = model::load_model(model::find_model(options.model));
    if (!original.network.quantized.empty())
        throw Error({ "model is quantized already", options.model,
                      std::to_string(original.network.quantized.size()) + " values in 8 bits",
                      "the float32 model: compress first, then quantize" });
    auto dataset = load_frames(options.data);
    auto shards = frame_shards(options.data);
    narrow(options.classes, original, dataset, shards, options.train.teacher_model);
    if (options.distill && !options.train.teacher_model)
        options.train.teacher_model = original;
    set_teacher(options.train, dataset);
    read_cost_matrix(options.train, dataset.class_names);
    options.train.fit.generator = shards.make;
    options.train.fit.shards_per_epoch = shards.per_epoch;
    auto& config = options.compress;
    auto& fine_tune = config.chain.fine_tune = options.train.fit;
    fine_tune.title = "fine-tune";
    config.chain.seed = fine_tune.seed;
    config.chain.options = options.methods;

    if (!fine_tune.processes.is_rank0())
        return train::run_worker(dataset, fine_tune);
    auto result = prune::compress(original, dataset, config, [](const std::string& text) {
        std::printf("%s\n", text.c_str());
        std::fflush(stdout); // before the fine-tuning, into a log too
    });
    if (result.interrupted)
        throw Error({ "interrupted; go on with --resume", fine_tune.checkpoint, "", "" });
    train::shutdown_workers(fine_tune.processes);
    auto entry = nlohmann::json::parse(result.model.info.provenance).at("compress");
    entry["command"] = cli::command_line();
    model::add_provenance(result.model.info, "compress", entry);
    auto finished = train::finish_model(std::move(result.model), dataset, fine_tune);
    auto summary = metrics::save_model(finished, options.out);
    const auto cost = summary["cost"];
    summary.erase("cost"); // the report has it beside the original's
    auto report = nlohmann::json::parse(result.report);
    report.update(summary);
    report["base"] = options.model;
    report["original"] = graph::outline(original.network);
    report["original"]["name"] = original.info.name;
    report["command"] = cli::command_line();
    // The original may have been measured on other data: compare on these.
    report["original_test"] = nlohmann::json::object();
    if (!dataset.indices(dataset::Split::test).empty())
        report["original_test"] =
            metrics::to_json(train::evaluate(original, dataset, dataset::Split::test, fine_tune.device));
    if (!options.classes.empty())
        report["classes"] = dataset.class_names;
    cli::write_json(report, options.json);
    remove_inner_checkpoints(fine_tune.checkpoint);
    std::printf("%s: test %s (original %s), %lld params, %lld MACs\n", options.out.c_str(),
                accuracy_text(report["test"]).c_str(), accuracy_text(report["original_test"]).c_str(),
                static_cast<long long>(cost["params"].get<std::int64_t>()),
                static_cast<long long>(cost["macs"].get<std::int64_t>()));
}

} // namespace

void add_compress(CLI::App& app)
{
    auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("compress", "prune a trained network and fine-tune it");
    std::string help = "method, a chain of them (psr,catro or psr:macs=40%,catro), or auto: a search over chains";
    for (const auto& method : prune::methods())
        help += std::string("\n  ") + method.name + ": " + method.description;
    auto& config = options->compress;
    add_model_task_options(*command, *options, "plan, steps, cost, history and accuracy");
    add_frames_per_epoch(*command, options->data);
    command->add_option("--method", config.method, help)->type_name("METHOD")->capture_default_str()->check(method_fault);
    config.budget.clear();
    command->add_option(
        "--budget", config.budget,
        "units=7 (kept, stem included), macs=50%, params=50k, bytes=200k, latency=8us (one frame in the "
        "engine on this host), several joined by commas; or drop<=0.5, the smallest network that loses "
        "no more points. Only odf2nna with --epsilon needs none")
        ->type_name("GOAL=NUMBER");
    cli::add_list(*command, "--classes", options->classes,
                  "classes that the result tells apart, as BPSK,QPSK,8PSK (default: all): channels are scored, the "
                  "network fine-tuned and both networks tested on these alone");
    command
        ->add_option("--stage-epochs", config.chain.stage_epochs,
                     "chain: epochs after each method but the last (0: a third of --epochs)")
        ->capture_default_str()
        ->check(CLI::Range(0, 100000));
    command->add_option("--chains", config.search.chains,
                        "auto: chains to try, separated by blanks (default: its own)")
        ->type_name("METHODS");
    command->add_option("--max-trials", config.search.probes, "drop: networks tried")
        ->capture_default_str()
        ->check(CLI::Range(1, 64));
    command->add_flag("--distill", options->distill, "fine-tune with the original as teacher");
    add_train_options(*command, options->train);
    add_method_options(*command, *options->methods);
    command->callback([options] { run(*options); });
}

} // namespace prunedamr::tool
