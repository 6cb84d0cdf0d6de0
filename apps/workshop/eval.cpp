// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/workshop/attacks.h"
#include "apps/common/cli.h"
#include "apps/workshop/eval_recordings.h"
#include "apps/workshop/frame_data.h"
#include "apps/workshop/runner.h"
#include "apps/workshop/verbs.h"

#include "prunedamr/base/error.h"
#include "prunedamr/data/cost_matrix.h"
#include "prunedamr/data/dataset.h"
#include "prunedamr/data/paired_change.h"
#include "prunedamr/data/scores.h"
#include "prunedamr/graph/contract.h"
#include "prunedamr/graph/model_file.h"
#include "prunedamr/graph/model_search.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>

namespace prunedamr::workshop {
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
    std::string json;
};

std::vector<std::int64_t> frames_of(const data::Dataset& dataset, const Options& options)
{
    std::vector<std::int64_t> indices;
    for (const auto& [name, part] :
         { std::pair{ "train", data::Part::train }, std::pair{ "validation", data::Part::validation },
           std::pair{ "test", data::Part::test } })
        if (options.part == name || options.part == kAll)
            for (const std::int64_t index : dataset.indices(part))
                indices.push_back(index);
    if (indices.empty())
        throw Error({ "the data set has no frames in this part", options.data.data, options.part,
                      "train, validation, test or all" });
    return indices;
}

/// Class of each of the frames.
std::vector<std::int32_t> decide(const graph::Network& network, const data::Dataset& dataset,
                                 const std::vector<std::int64_t>& indices, const Options& options)
{
    const auto run = make_runner(network, options.backend, kBatch);
    const std::int64_t values = 2 * dataset.length();
    const std::int64_t classes = network.classes();
    std::vector<float> frames(kBatch * values);
    std::vector<float> logits(kBatch * classes);
    std::vector<std::int32_t> decisions;
    decisions.reserve(indices.size());
    for (std::size_t first = 0; first < indices.size(); first += kBatch) {
        const int batch = static_cast<int>(std::min<std::size_t>(kBatch, indices.size() - first));
        for (int i = 0; i < batch; ++i)
            std::copy_n(dataset.frame(indices[first + i]), values, frames.data() + i * values);
        run(frames.data(), batch, logits.data());
        for (int i = 0; i < batch; ++i) {
            const float* row = logits.data() + i * classes;
            decisions.push_back(static_cast<std::int32_t>(std::max_element(row, row + classes) - row));
        }
    }
    return decisions;
}

/// What the model wins or loses against the baseline on the same frames.
nlohmann::json compare(const graph::Network& baseline, const std::vector<std::int32_t>& decisions,
                       const data::Dataset& dataset, const std::vector<std::int64_t>& indices,
                       const Options& options)
{
    const auto before = decide(baseline, dataset, indices, options);
    data::PairedChange change;
    for (std::size_t i = 0; i < indices.size(); ++i)
        change.add(dataset.label[indices[i]], before[i], decisions[i], dataset.group[indices[i]]);
    std::printf("\nagainst %s: %s\n", baseline.name.c_str(), change.to_text().c_str());
    auto result = change.to_json();
    result["model"] = baseline.name;
    return result;
}

/// What is measured on --data.
void measure(const graph::Network& network, const Options& options, const Attacks& attacks, nlohmann::json& report)
{
    const auto dataset = load_frames(options.data);
    data::CostMatrix costs;
    if (!options.cost_matrix.empty())
        costs = data::read_cost_matrix(options.cost_matrix, dataset.class_names);
    graph::check_contract(network, dataset.front_end, dataset.class_names, options.data.data);
    std::optional<graph::Network> baseline;
    if (!options.baseline.empty()) {
        baseline = graph::load_model(graph::find_model(options.baseline));
        graph::check_contract(*baseline, dataset.front_end, dataset.class_names, options.baseline);
    }
    const auto indices = frames_of(dataset, options);
    const auto decisions = decide(network, dataset, indices, options);
    data::Scores scores(dataset.class_names);
    for (std::size_t i = 0; i < indices.size(); ++i)
        scores.add(dataset.label[indices[i]], decisions[i], dataset.snr_db[indices[i]]);
    std::printf("%s", scores.to_text().c_str());
    report["part"] = options.part;
    report["scores"] = scores.to_json();
    report["data"] = dataset.provenance;
    if (baseline)
        report["baseline"] = compare(*baseline, decisions, dataset, indices, options);
    if (!costs.empty()) {
        report["mean_cost"] = costs.mean(scores);
        std::printf("\nmean cost %.4f\n", costs.mean(scores));
    }
    if (attacks)
        report["attacks"] = attacks(network, dataset, indices);
}

void run(const Options& options)
{
    const Attacks attacks =
        options.attacks.empty() ? Attacks() : make_attacks(options.attacks, options.attack_frames);
    const auto network = graph::load_model(graph::find_model(options.model));
    nlohmann::json report = { { "model", network.name }, { "backend", options.backend } };
    if (options.data.data.empty() && options.recordings.empty())
        throw CLI::RequiredError("one of --data and --recordings");
    if (!options.data.data.empty())
        measure(network, options, attacks, report);
    if (!options.recordings.empty())
        report["recordings"] = eval_recordings(network, options.recordings);
    cli::write_json(report, options.json);
}

} // namespace

void add_eval(CLI::App& app)
{
    auto options = std::make_shared<Options>();
    auto* verb = app.add_subcommand("eval", "measure a model on a data set or on labelled recordings");
    verb->add_option("model", options->model, "model file or name")->required();
    add_frame_data_options(*verb, options->data);
    verb->add_option("--recordings", options->recordings, "annotated SigMF recordings, through the live path");
    verb->add_option("--part", options->part, "of the data set; all: of one that the model was not trained with")
        ->capture_default_str()
        ->check(CLI::IsMember({ "train", "validation", "test", kAll }));
    verb->add_option("--backend", options->backend, "who runs the network on --data")
        ->capture_default_str()
        ->check(CLI::IsMember(backends()));
    auto* data = verb->get_option("--data");
    verb->add_option("--baseline", options->baseline,
                     "model file or name: the difference in accuracy on the same frames, and its standard error")
        ->needs(data);
    verb->add_option("--cost-matrix", options->cost_matrix,
                     "JSON {truth: {predicted: cost}}: prints the mean cost of the decisions")
        ->needs(data);
    auto* attack =
        verb->add_option("--attack", options->attacks,
                         "accuracy under fgsm:-20dB, pgd:-20dB:10 (steps), with -linf behind the name for "
                         "that norm, noise:-20dB, offset:0.002 (cycles per sample), phase-noise:-20dB; dB "
                         "below the frame's power; may be given again");
    attack->allow_extra_args(false)->needs(data);
    verb->add_option("--attack-frames", options->attack_frames,
                     "attacks: about so many frames, as many of each class and SNR; 0: all")
        ->capture_default_str()
        ->check(CLI::Range(0, 100000000))
        ->needs(attack);
    cli::add_json(*verb, options->json, "write the numbers to this file");
    verb->callback([options] { run(*options); });
}

} // namespace prunedamr::workshop
