// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/prunedamr/attacks.h"
#include "apps/prunedamr/eval_detection.h"
#include "apps/prunedamr/eval_recordings.h"
#include "apps/prunedamr/frame_data.h"
#include "apps/prunedamr/runner.h"
#include "apps/prunedamr/subcommands.h"

#include "prunedamr/base/error.h"
#include "prunedamr/dataset/dataset.h"
#include "prunedamr/metrics/evaluate.h"
#include "prunedamr/metrics/scores.h"
#include "prunedamr/metrics/scores_json.h"
#include "prunedamr/model/model_file.h"
#include "prunedamr/model/model_info.h"
#include "prunedamr/model/model_search.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>
#include <optional>

namespace prunedamr::tool {
namespace {

constexpr int kBatch = 64;
constexpr const char* kAll = "all"; ///< parts of a data set

struct Options {
    std::string model;
    FrameData data;
    std::vector<std::string> recordings;
    std::string part = "test";
    std::string baseline; ///< model that this one is compared with
    std::string backend = "engine";
    std::string cost_matrix;
    std::vector<std::string> attacks;
    int attack_frames = 0;
    DetectionOptions detection;
    std::string json;
};

std::vector<std::int64_t> frames_of(const dataset::Dataset& dataset, const Options& options)
{
    std::vector<std::int64_t> indices;
    for (const auto& [name, part] :
         { std::pair{ "train", dataset::Split::train }, std::pair{ "validation", dataset::Split::validation },
           std::pair{ "test", dataset::Split::test } })
        if (options.part == name || options.part == kAll)
            for (const std::int64_t index : dataset.indices(part))
                indices.push_back(index);
    if (indices.empty())
        throw Error({ "the data set has no frames in this part", options.data.data, options.part,
                      "train, validation, test or all" });
    return indices;
}

/// What the model wins or loses against the baseline on the same frames.
nlohmann::json compare(const model::Model& baseline, const metrics::Evaluation& evaluation,
                       const dataset::Dataset& dataset, const std::vector<std::int64_t>& indices,
                       const Options& options)
{
    const auto before = metrics::evaluate(make_runner(baseline, options.backend, kBatch), dataset, indices);
    const metrics::PairedComparison change = metrics::compare(before, evaluation);
    std::printf("\nagainst %s: %s\n", baseline.info.name.c_str(), change.to_text().c_str());
    auto result = change.to_json();
    result["model"] = baseline.info.name;
    return result;
}

/// What is measured on --data.
void measure(const model::Model& model, const Options& options, const Attacks& attacks, nlohmann::json& report)
{
    const auto dataset = load_frames(options.data);
    metrics::CostMatrix costs;
    if (!options.cost_matrix.empty())
        costs = metrics::read_cost_matrix(options.cost_matrix, dataset.class_names);
    model::check_contract(model.info, dataset.front_end, dataset.class_names, options.data.data);
    std::optional<model::Model> baseline;
    if (!options.baseline.empty()) {
        baseline = model::load_model(model::find_model(options.baseline));
        model::check_contract(baseline->info, dataset.front_end, dataset.class_names, options.baseline);
    }
    const auto indices = frames_of(dataset, options);
    const auto evaluation = metrics::evaluate(make_runner(model, options.backend, kBatch), dataset, indices);
    const metrics::Scores scores = metrics::scores_of(evaluation);
    std::printf("%s", scores.to_text().c_str());
    report["part"] = options.part;
    report["scores"] = metrics::to_json(scores);
    report["data"] = nlohmann::json::parse(dataset.provenance);
    if (baseline)
        report["baseline"] = compare(*baseline, evaluation, dataset, indices, options);
    if (!costs.empty()) {
        report["mean_cost"] = costs.mean(scores);
        std::printf("\nmean cost %.4f\n", costs.mean(scores));
    }
    if (attacks)
        report["attacks"] = attacks(model.network, dataset, indices);
}

void run(const Options& options)
{
    if (options.detection.wanted())
        return cli::write_json(eval_detection(options.detection), options.json);
    if (options.model.empty())
        throw CLI::RequiredError("a model, or --scenes, or --captures");
    const Attacks attacks =
        options.attacks.empty() ? Attacks() : make_attacks(options.attacks, options.attack_frames);
    const auto model = model::load_model(model::find_model(options.model));
    nlohmann::json report = { { "model", model.info.name }, { "backend", options.backend } };
    if (options.data.data.empty() && options.recordings.empty())
        throw CLI::RequiredError("one of --data and --recordings");
    if (!options.data.data.empty())
        measure(model, options, attacks, report);
    if (!options.recordings.empty())
        report["recordings"] = eval_recordings(model, options.recordings);
    cli::write_json(report, options.json);
}

} // namespace

void add_eval(CLI::App& app)
{
    auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand(
        "eval", "measure a model on a data set or on labeled recordings, or the detector on scenes");
    command->add_option("model", options->model, "model file or name; none with --scenes and --captures");
    add_detection_options(*command, options->detection);
    add_frame_data_options(*command, options->data);
    command->add_option("--recordings", options->recordings, "annotated SigMF recordings, through the live path");
    command->add_option("--part", options->part, "of the data set; all: of one that the model was not trained with")
        ->capture_default_str()
        ->check(CLI::IsMember({ "train", "validation", "test", kAll }));
    command->add_option("--backend", options->backend, "backend that runs the network on --data")
        ->capture_default_str()
        ->check(CLI::IsMember(backends()));
    auto* data = command->get_option("--data");
    command
        ->add_option("--baseline", options->baseline,
                     "model file or name: the difference in accuracy on the same frames, and its standard error")
        ->needs(data);
    command
        ->add_option("--cost-matrix", options->cost_matrix,
                     "JSON {truth: {predicted: cost}}: prints the mean cost of the decisions")
        ->needs(data);
    auto* attack =
        command->add_option("--attack", options->attacks,
                            "accuracy under fgsm:-20dB, pgd:-20dB:10 (steps), with -linf behind the name for "
                            "that norm, noise:-20dB, offset:0.002 (cycles per sample), phase-noise:-20dB; dB "
                            "below the frame's power; may be given again");
    attack->allow_extra_args(false)->needs(data);
    command
        ->add_option("--attack-frames", options->attack_frames,
                     "attacks: about so many frames, as many of each class and SNR; 0: all")
        ->capture_default_str()
        ->check(CLI::Range(0, 100000000))
        ->needs(attack);
    cli::add_json(*command, options->json, "write the numbers to this file");
    command->callback([options] { run(*options); });
}

} // namespace prunedamr::tool
