// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/prunedamr/frame_data.h"
#include "apps/prunedamr/model_output.h"
#include "apps/prunedamr/subcommands.h"
#include "apps/prunedamr/train_options.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/dataset/capture_source.h"
#include "prunedamr/metrics/evaluate.h"
#include "prunedamr/metrics/new_classes.h"
#include "prunedamr/graph/rewrite/edits.h"
#include "prunedamr/model/class_table.h"
#include "prunedamr/model/logits.h"
#include "prunedamr/model/model_file.h"
#include "prunedamr/model/model_json.h"
#include "prunedamr/model/model_search.h"
#include "prunedamr/prune/quantize.h"
#include "prunedamr/synth/frame_maker.h"
#include "prunedamr/synth/recipe/recipe.h"
#include "prunedamr/train/evaluate.h"
#include "prunedamr/train/settings.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>

namespace prunedamr::tool {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxRecipeBytes = 16u << 20;
constexpr int kFewEmissions = 20; ///< of a class, below which it is learned badly

struct Options {
    std::string model;
    std::vector<std::string> captures; ///< files or folders
    FrameData replay;
    std::string out, json;
    double new_weight = 4.0;      ///< frames of a new class against 1 of most others
    double new_snr_db = 5.0;      ///< least one that a new class is learned at
    double max_loss = 0.4;        ///< points of accuracy on the old classes
    double blend = 1.0;           ///< of the way from the old weights to the new ones
    bool only_of_persons = false;
    double recorded_fraction = 0.25; ///< of the frames of a class that the model has
    TrainOptions train;
};

/// The recordings named, those of folders in the order of their names.
std::vector<std::string> capture_files(const std::vector<std::string>& named)
{
    std::vector<std::string> files;
    for (const std::string& one : named) {
        if (!fs::is_directory(one)) {
            files.push_back(fs::absolute(one).lexically_normal());
            continue;
        }
        std::vector<std::string> found;
        for (const auto& entry : fs::directory_iterator(one))
            if (entry.path().extension() == ".sigmf-meta")
                found.push_back(fs::absolute(entry.path()).lexically_normal());
        std::sort(found.begin(), found.end());
        files.insert(files.end(), found.begin(), found.end());
    }
    if (files.empty())
        throw Error({ "no recording", named.front(), "", "SigMF recordings with labeled annotations" });
    return files;
}

/// How many emissions of each label there are, and which files hold them.
struct Labeled {
    int emissions = 0;
    std::vector<std::string> files;
};

std::map<std::string, Labeled> labels_in(const std::vector<std::string>& files, bool only_of_persons)
{
    std::map<std::string, Labeled> labels;
    for (const std::string& file : files) {
        const recording::Recording recording(file, {});
        cli::warn(recording.info().warnings);
        std::map<std::string, int> of_file;
        for (const auto& stretch : dataset::plan_capture(recording.info(), "", only_of_persons).stretches)
            ++of_file[stretch.label];
        for (const auto& [label, count] : of_file) {
            labels[label].emissions += count;
            labels[label].files.push_back(file);
        }
    }
    return labels;
}

/// The recipe of what is replayed, with what was recorded: new classes at its end, and more of those that it has.
Json recipe_with(const std::map<std::string, Labeled>& labels, const model::ModelInfo& info, const Options& options)
{
    const std::string name = options.replay.recipe();
    const bool is_file = fs::path(name).extension() == ".json";
    Json recipe = Json::parse(is_file ? read_file(name, kMaxRecipeBytes) : synth::shipped_recipe(name), nullptr, true, true);
    const synth::Recipe checked(recipe.dump(), is_file ? name : "recipe " + name);
    if (checked.labels() != info.labels)
        throw Error({ "the recipe has other classes than the model", name, std::to_string(checked.labels().size()),
                      std::to_string(info.labels.size()) + " classes, as in " + info.name });
    for (const auto& [label, labeled] : labels) {
        Json recorded{ { "modulator", "recorded" }, { "label", label }, { "captures", labeled.files },
                       { "bandwidth", { { "log", { 0.05, 0.8 } } } } };
        if (options.only_of_persons)
            recorded["labeled_by_persons"] = true;
        const bool is_new = !recipe["classes"].contains(label);
        std::printf("  %-12s %d emissions%s%s\n", label.c_str(), labeled.emissions, is_new ? ", a new class" : "",
                    is_new && labeled.emissions < kFewEmissions ? ": few, twenty are better" : "");
        if (is_new) {
            recipe["classes"][label] = recorded;
            recipe["weights"][label] = options.new_weight;
            recipe["least_snr_db"][label] = std::clamp(options.new_snr_db, checked.snr_low_db(), checked.snr_high_db());
            continue;
        }
        Json variants = recipe["classes"][label].is_array() ? recipe["classes"][label]
                                                            : Json::array({ recipe["classes"][label] });
        double sum = 0.0;
        for (const auto& variant : variants)
            sum += variant.value("weight", 1.0);
        recorded["weight"] = sum * options.recorded_fraction / (1.0 - options.recorded_fraction);
        variants.push_back(recorded);
        recipe["classes"][label] = variants;
    }
    return recipe;
}

/// What was recorded as noise is no modulation of the recipe's `noise`, which is of many kinds already.
void leave_out_noise(std::map<std::string, Labeled>& labels)
{
    for (auto one = labels.begin(); one != labels.end();) {
        const bool is_noise = model::family_of(one->first) == model::kNoiseFamily;
        if (is_noise)
            cli::warn({ std::to_string(one->second.emissions) + " stretches labeled " + one->first + " are not used" });
        one = is_noise ? labels.erase(one) : std::next(one);
    }
    if (labels.empty())
        throw Error({ "no labeled emission that can be used", "--captures", "", "annotations with a label" });
}

/// Place of the class `unknown`; -1: there is none.
int unknown_of(const model::ModelInfo& info)
{
    const auto found = std::find(info.labels.begin(), info.labels.end(), model::kUnknownLabel);
    return found == info.labels.end() ? -1 : static_cast<int>(found - info.labels.begin());
}

/// The model with more classes, which it cannot tell yet from `unknown`, or, where it has no such class, from its
/// first one.
model::Model with_classes(const model::Model& model, const std::vector<std::string>& labels)
{
    const int from = std::max(0, unknown_of(model.info));
    model::Model grown =
        model::with_network(model, graph::copy_class(model.network, from, static_cast<int>(labels.size())));
    for (const std::string& label : labels) {
        grown.info.labels.push_back(label);
        grown.info.families.push_back(model::family_of(label));
    }
    validate(grown);
    return grown;
}

/// Between the weights that were there and the new ones (Wortsman et al. 2022, arXiv 2109.01903): much of what was learned
/// comes with less of what was forgotten. The logits of `added` classes are the new ones.
graph::Network blended(const graph::Network& before, graph::Network after, double share, std::size_t added)
{
    const auto classes = static_cast<std::size_t>(after.classes());
    for (auto& [name, tensor] : after.tensors) {
        const graph::Tensor& old = before.tensor(name);
        const bool is_head = name.compare(0, before.nodes.back().name.size() + 1, before.nodes.back().name + ".") == 0;
        const std::size_t blended = is_head ? tensor.data.size() / classes * (classes - added) : tensor.data.size();
        for (std::size_t i = 0; i < blended; ++i)
            tensor.data[i] = old.data[i] + static_cast<float>(share) * (tensor.data[i] - old.data[i]);
    }
    return after;
}

/// Of the validation part: frames of the old classes, or of the new ones.
metrics::Evaluation evaluate_classes(const graph::Network& network, const dataset::Dataset& dataset, std::size_t old_classes,
                                     bool of_old, const std::string& device)
{
    std::vector<std::int64_t> frames;
    for (const std::int64_t frame : dataset.indices(dataset::Split::validation))
        if ((static_cast<std::size_t>(dataset.label[static_cast<std::size_t>(frame)]) < old_classes) == of_old)
            frames.push_back(frame);
    return metrics::evaluate(train::module_runner(network, device), dataset, frames);
}

/// What the new classes may take from the old ones is bounded by an offset of their logits.
double bound_loss(graph::Network& network, const model::Model& base, const dataset::Dataset& dataset, const Options& options)
{
    const auto old_classes = static_cast<std::size_t>(base.network.classes());
    const std::string& device = options.train.fit.device;
    const metrics::NewClasses after{ old_classes, unknown_of(base.info), evaluate_classes(network, dataset, old_classes, true, device),
                                     evaluate_classes(network, dataset, old_classes, false, device), options.max_loss / 100.0 };
    const double offset = metrics::offset_of_new_classes(evaluate_classes(base.network, dataset, old_classes, true, device), after);
    return graph::add_to_logits(network, static_cast<int>(old_classes), static_cast<float>(offset)) ? offset : 0.0;
}

/// Calibrates on frames of the old classes alone: a new class has been one of many unknown signals until now, so that its own are
/// the ones nearest to the threshold of `unknown`; with them, it would let much pass that belongs to no class.
metrics::FinishedModel finish(model::Model model, const dataset::Dataset& dataset, std::size_t old_classes,
                              const std::string& device)
{
    const auto validation = evaluate_classes(model.network, dataset, old_classes, true, device);
    const auto runner = train::module_runner(model.network, device);
    return metrics::finish_model(std::move(model), validation,
                                 metrics::evaluate(runner, dataset, dataset.indices(dataset::Split::test)));
}

void run(Options& options)
{
    auto& fit = options.train.fit;
    cli::require(options.replay.is_recipe(), "--replay", "is a recipe: synth:onair, or synth:FILE.json");
    finish_train_options(options.train, options.out);
    const model::Model base = model::load_model(model::find_model(options.model));
    const bool in_8_bits = !base.network.quantized.empty();
    auto labels = labels_in(capture_files(options.captures), options.only_of_persons);
    leave_out_noise(labels);
    const Json recipe = recipe_with(labels, base.info, options);
    const std::string recipe_file = fs::path(options.out).replace_extension(".recipe.json");
    write_text_atomically(recipe_file, recipe.dump(1) + "\n");
    options.replay.data = "synth:" + recipe_file;
    options.replay.front_end = base.info.front_end;

    std::vector<std::string> added;
    for (const auto& [label, unused] : recipe["classes"].items())
        if (std::count(base.info.labels.begin(), base.info.labels.end(), label) == 0)
            added.push_back(label);
    model::Model grown = with_classes(base, added);
    if (!options.train.teacher_model)
        options.train.teacher_model = base;
    fit.teacher_name = options.train.teacher_model->info.name;
    fit.teacher = std::make_shared<const graph::Network>(options.train.teacher_model->network);

    fit.unknown_class = unknown_of(base.info);
    auto dataset = load_frames(options.replay);
    dataset::assign_split(dataset, { 0.2, 0.6 }, options.replay.data_seed); // training makes frames of its own
    model::check_contract(grown.info, dataset.front_end, dataset.class_names, recipe_file);
    read_cost_matrix(options.train, dataset.class_names);
    const auto shards = frame_shards(options.replay);
    fit.generator = shards.make;
    fit.shards_per_epoch = shards.per_epoch;
    fit.title = "adapt";
    const auto result = train::fit(grown, dataset, fit);
    if (result.interrupted)
        throw Error({ "interrupted; go on with --resume", fit.checkpoint, "", "" });
    if (!fit.processes.is_rank0())
        return;
    graph::Network network = blended(grown.network, result.network, options.blend, added.size());
    if (in_8_bits) {
        prune::QuantizeConfig quantize;
        quantize.seed = fit.seed;
        quantize.device = fit.device;
        network = prune::quantize(network, dataset, quantize).network;
    }
    const double offset = added.empty() ? 0.0 : bound_loss(network, base, dataset, options);
    auto model = model::with_network(std::move(grown), std::move(network));
    model::add_provenance(model.info, "adapt",
                          { { "command", cli::command_line() },
                            { "base", base.info.name },
                            { "added", added },
                            { "data", nlohmann::json::parse(dataset.provenance) } });
    auto finished = finish(std::move(model), dataset, base.info.labels.size(), fit.device);
    auto report = metrics::save_model(finished, options.out);
    report["train"] = train::to_json(result);
    report["command"] = cli::command_line();
    report["added"] = added;
    report["offset"] = offset;
    for (const auto& [label, labeled] : labels)
        report["emissions"][label] = labeled.emissions;
    cli::write_json(report, options.json);
    std::printf("%s: %zu classes, validation %.2f %%, test %s; check it with 'prunedamr gate'\n", options.out.c_str(),
                finished.model.info.labels.size(), 100 * finished.validation_accuracy, accuracy_text(report["test"]).c_str());
}

} // namespace

void add_adapt(CLI::App& app)
{
    auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("adapt", "teach a model what was recorded and labeled where it works");
    command->add_option("model", options->model, "model to teach")->type_name(cli::kModel)->required();
    command->add_option("--captures", options->captures, "SigMF recordings with labels, or folders of them")
        ->type_name(cli::kInput)
        ->required();
    command->add_flag("--labeled-by-persons", options->only_of_persons,
                      "leave out what only a receiver has labeled: of snippets, those that nobody has looked at (see prunedamr label)");
    command->add_option("--replay", options->replay.data, "recipe that keeps the model from forgetting: synth:onair, synth:FILE.json")
        ->type_name("RECIPE")
        ->default_val("synth:onair");
    command->add_option("--out", options->out, "model file to write, .safetensors")->type_name(cli::kOutput)->required();
    cli::add_json(*command, options->json, "write history and accuracy to this file");
    command->add_option("--new-weight", options->new_weight, "frames of a new class for each frame of most others")
        ->capture_default_str()
        ->check(CLI::Range(0.01, 100.0));
    command->add_option("--new-snr", options->new_snr_db, "least SNR that a new class is learned at: below, it is hard to tell from others, and takes their frames")
        ->type_name("DB")
        ->capture_default_str()
        ->check(CLI::Range(-10.0, 40.0));
    command->add_option("--recorded-fraction", options->recorded_fraction, "fraction of the frames of a class that the model has which is made of recordings")
        ->capture_default_str()
        ->check(CLI::Range(0.01, 0.99));
    command->add_option("--max-loss", options->max_loss, "points of accuracy on the old classes that new ones may cost; they are named more seldom instead")
        ->type_name("POINTS")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 100.0));
    command->add_option("--blend", options->blend, "how far the weights go from the old ones (0) to those that were learned (1)")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 1.0));
    options->replay.frames_per_class = 1500;
    options->replay.frames_per_epoch = 50000;
    command->add_option("--data-frames-per-class", options->replay.frames_per_class, "frames of each class to calibrate and measure on")
        ->capture_default_str()
        ->check(CLI::Range(10, 10000000));
    command->add_option("--data-seed", options->replay.data_seed, "random seed of all frames")->capture_default_str();
    command->add_option("--frames-per-epoch", options->replay.frames_per_epoch, "fresh training frames of each epoch, about")
        ->capture_default_str()
        ->check(CLI::Range(std::int64_t{ 1000 }, std::int64_t{ 1000000000 }));
    auto& fit = options->train.fit;
    fit.epochs = 6;
    fit.learning_rate = 5e-4;
    fit.schedule = "cosine";
    fit.distill.weight = 0.8;
    add_train_options(*command, options->train);
    command->get_option("--epochs")->check(CLI::Range(1, 100000));
    command->callback([options] { run(*options); });
}

} // namespace prunedamr::tool
