// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/workshop/frame_data.h"
#include "apps/workshop/method_options.h"
#include "apps/workshop/train_options.h"
#include "apps/workshop/verbs.h"

#include "prunedamr/base/error.h"
#include "prunedamr/data/select_classes.h"
#include "prunedamr/graph/model_file.h"
#include "prunedamr/graph/model_search.h"
#include "prunedamr/graph/outline.h"
#include "prunedamr/graph/rewrite.h"
#include "prunedamr/prune/compress.h"
#include "prunedamr/train/evaluate.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <filesystem>
#include <memory>

namespace prunedamr::workshop {
namespace {

struct Options : ModelTask {
    bool distil = false;
    std::vector<std::string> classes; ///< of the result; empty: all
    prune::CompressConfig compress;
    TrainOptions train;
};

/// Leaves frames and networks of these classes, if any are named: the whole of what follows is about them.
void narrow(const std::vector<std::string>& classes, graph::Network& original, data::Dataset& dataset,
            FramePages& pages, std::shared_ptr<const graph::Network>& teacher)
{
    if (classes.empty())
        return;
    original = graph::keep_classes(original, classes);
    dataset = data::select_classes(dataset, classes);
    if (teacher)
        teacher = std::make_shared<const graph::Network>(graph::keep_classes(*teacher, classes));
    if (pages.make)
        pages.make = [make = pages.make, classes](std::uint64_t page) {
            return data::select_classes(make(page), classes);
        };
}

/// Checkpoints of stages and trials, beside the last one's.
void remove_inner_checkpoints(const std::string& checkpoint)
{
    namespace fs = std::filesystem;
    const fs::path path(checkpoint);
    const std::string prefix = path.filename().string() + ".";
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    std::vector<fs::path> inner;
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.path().filename().string().rfind(prefix, 0) == 0)
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
    auto original = graph::load_model(graph::find_model(options.model));
    if (!original.quantised.empty())
        throw Error({ "model is quantised already", options.model,
                      std::to_string(original.quantised.size()) + " values in 8 bits",
                      "the float32 model: compress first, then quantise" });
    auto dataset = load_frames(options.data);
    auto pages = frame_pages(options.data);
    narrow(options.classes, original, dataset, pages, options.train.fit.teacher);
    read_cost_matrix(options.train, dataset.class_names);
    options.train.fit.generator = pages.make;
    options.train.fit.pages_per_epoch = pages.per_epoch;
    auto& config = options.compress;
    auto& fine_tune = config.chain.fine_tune = options.train.fit;
    if (options.distil && !fine_tune.teacher)
        fine_tune.teacher = std::make_shared<const graph::Network>(original);
    fine_tune.title = "fine-tune";
    config.chain.seed = fine_tune.seed;

    if (!fine_tune.processes.leads())
        return train::follow(dataset, fine_tune);
    auto result = prune::compress(original, dataset, config, [](const std::string& text) {
        std::printf("%s\n", text.c_str());
        std::fflush(stdout); // before the fine-tuning, into a log too
    });
    if (result.interrupted)
        throw Error({ "interrupted; go on with --resume", fine_tune.checkpoint, "", "" });
    train::dismiss(fine_tune.processes);
    result.network.provenance["compress"]["command"] = cli::command_line();
    auto summary = finish_model(std::move(result.network), dataset, options.out, fine_tune);
    const auto cost = summary["cost"];
    summary.erase("cost"); // the report has it beside the original's
    result.report.update(summary);
    result.report["base"] = options.model;
    result.report["original"] = graph::outline(original);
    result.report["command"] = cli::command_line();
    // The original may have been measured on other data: compare on these.
    result.report["original_test"] = nlohmann::json::object();
    if (!dataset.indices(data::Part::test).empty())
        result.report["original_test"] =
            train::evaluate(original, dataset, data::Part::test, fine_tune.device).to_json();
    if (!options.classes.empty())
        result.report["classes"] = dataset.class_names;
    cli::write_json(result.report, options.json);
    remove_inner_checkpoints(fine_tune.checkpoint);
    std::printf("%s: test %s (original %s), %lld params, %lld MACs\n", options.out.c_str(),
                accuracy_text(result.report["test"]).c_str(), accuracy_text(result.report["original_test"]).c_str(),
                static_cast<long long>(cost["params"].get<std::int64_t>()),
                static_cast<long long>(cost["macs"].get<std::int64_t>()));
}

} // namespace

void add_compress(CLI::App& app)
{
    auto options = std::make_shared<Options>();
    auto* verb = app.add_subcommand("compress", "prune a trained network and fine-tune it");
    std::string help = "method, a chain of them (psr,catro or psr:macs=40%,catro), or auto: a search over chains";
    for (const auto& method : prune::methods())
        help += std::string("\n  ") + method.name + ": " + method.description;
    auto& config = options->compress;
    add_model_task_options(*verb, *options, "plan, steps, cost, history and accuracy");
    add_frames_per_epoch(*verb, options->data);
    verb->add_option("--method", config.method, help)->capture_default_str()->check(method_fault);
    config.budget.clear();
    verb->add_option(
        "--budget", config.budget,
        "units=7 (kept, stem included), macs=50%, params=50k, bytes=200k, latency=8us (one frame in the "
        "engine on this host), several joined by commas; or drop<=0.5, the smallest network that loses "
        "no more points. Only odf2nna with --epsilon needs none");
    cli::add_list(*verb, "--classes", options->classes,
                  "classes that the result tells apart, as BPSK,QPSK,8PSK (default: all): channels are scored, the "
                  "network fine-tuned and both networks tested on these alone");
    verb->add_option("--stage-epochs", config.chain.stage_epochs,
                     "chain: epochs after each method but the last (0: a third of --epochs)")
        ->capture_default_str()
        ->check(CLI::Range(0, 100000));
    verb->add_option("--chains", config.search.chains,
                     "auto: chains to try, separated by blanks (default: its own)");
    verb->add_option("--probes", config.search.probes, "drop: networks tried")
        ->capture_default_str()
        ->check(CLI::Range(1, 64));
    verb->add_flag("--distil", options->distil, "fine-tune with the original as teacher");
    add_train_options(*verb, options->train);
    add_method_options(*verb, config.chain.options);
    verb->callback([options] { run(*options); });
}

} // namespace prunedamr::workshop
