// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/workshop/train_options.h"

#include "apps/common/cli.h"
#include "prunedamr/base/atomic_file.h"
#include "prunedamr/base/error.h"
#include "prunedamr/graph/cost.h"
#include "prunedamr/graph/model_file.h"
#include "prunedamr/graph/model_search.h"
#include "prunedamr/graph/reference.h"
#include "prunedamr/train/evaluate.h"
#include "prunedamr/train/settings.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>

namespace prunedamr::workshop {

namespace {

std::string option_name(const std::string& name)
{
    std::string option = "--" + name;
    std::replace(option.begin(), option.end(), '_', '-');
    return option;
}

template <class T> void add_number(CLI::App& verb, const train::NumberSetting& setting, T& value)
{
    const bool epochs = std::string(setting.name) == "epochs"; // 0: a verb that also does other work does not train
    const T low = epochs ? T{ 0 } : static_cast<T>(setting.low);
    verb.add_option(option_name(setting.option ? setting.option : setting.name), value, setting.help)
        ->capture_default_str()
        ->check(CLI::Range(low, static_cast<T>(setting.high)));
}

void add_augment(CLI::App& verb, TrainOptions& options)
{
    std::vector<std::string> names;
    for (const train::Augmentation& one : train::augmentations()) {
        names.push_back(one.name);
        if (options.fit.augment.*one.chosen)
            options.augment.push_back(one.name);
    }
    names.push_back("none");
    cli::add_list(verb, "--augment", options.augment, "what is done to training frames at random, comma-separated")
        ->capture_default_str()
        ->check(CLI::IsMember(names));
}

} // namespace

void add_train_options(CLI::App& verb, TrainOptions& options)
{
    train::FitConfig& fit = options.fit;
    for (const train::NumberSetting& setting : train::number_settings())
        if (setting.help)
            std::visit([&](auto* value) { add_number(verb, setting, *value); }, setting.in(fit));
    for (const train::ChoiceSetting& setting : train::choice_settings())
        verb.add_option(option_name(setting.name), setting.in(fit), setting.help)
            ->capture_default_str()
            ->check(CLI::IsMember(setting.choices));
    add_augment(verb, options);
    verb.add_option("--teacher", options.teacher, "model to distil from");
    verb.add_option(
        "--cost-matrix", options.cost_matrix,
        "JSON {truth: {predicted: cost}}: confusions that cost more are learnt to be avoided; not named: "
        "0 on the diagonal, else 1");
    verb.add_option(
            "--floor", options.floors,
            "class that must be recognised so often on validation data, as BPSK=95% or BPSK=95%@10dB (cells "
            "from that SNR on); may be given again")
        ->allow_extra_args(false);
    verb.add_option("--seed", fit.seed, "of weights, order and augmentation")->capture_default_str();
    verb.add_option("--device", fit.device, "cpu or cuda")->capture_default_str();
    verb.add_option("--checkpoint", fit.checkpoint, "written after every epoch (default: OUT.checkpoint)");
    verb.add_flag("--teacher-once", fit.distil.once,
                  "the teacher reads each frame once, before the first epoch and not augmented: much faster");
    verb.add_flag("--resume", fit.resume, "go on from the checkpoint if there is one");
}

void check_model_name(const std::string& out)
{
    if (std::filesystem::path(out).extension() != ".safetensors")
        throw Error({ "not a name for a model file", out, "", "NAME.safetensors" });
}

void finish_train_options(TrainOptions& options, const std::string& out)
{
    train::FitConfig& fit = options.fit;
    check_model_name(out);
    fit.processes = train::ProcessGroup(train::process_place_from_environment());
    if (fit.processes.leads())
        check_writable(out);
    if (fit.checkpoint.empty())
        fit.checkpoint = out + ".checkpoint";
    train::choose_augmentations(fit.augment, options.augment);
    fit.floors.clear();
    for (const std::string& floor : options.floors)
        fit.floors.push_back(train::parse_floor(floor));
    if (!options.teacher.empty())
        fit.teacher = std::make_shared<const graph::Network>(graph::load_model(graph::find_model(options.teacher)));
}

void read_cost_matrix(TrainOptions& options, const std::vector<std::string>& class_names)
{
    if (!options.cost_matrix.empty())
        options.fit.cost = data::read_cost_matrix(options.cost_matrix, class_names);
}

/// Of the false rejections; the least confidence has the rest, a backstop behind the score.
constexpr double kScoreShare = 0.9;

nlohmann::json finish_model(graph::Network network, const data::Dataset& dataset, const std::string& out,
                            const train::FitConfig& fit, double false_rejection)
{
    train::check_floors(network, dataset, fit);
    const std::string& device = fit.device;
    network.name = std::filesystem::path(out).stem().string();
    double validation_accuracy = NAN;
    if (!dataset.indices(data::Part::validation).empty()) {
        network.decision.temperature = train::fit_temperature(network, dataset, data::Part::validation, device);
        network.decision.unknown_score = train::fit_unknown_score(network, dataset, data::Part::validation,
                                                                  kScoreShare * false_rejection, device);
        network.decision.min_confidence = train::fit_min_confidence(network, dataset, data::Part::validation,
                                                                    (1.0 - kScoreShare) * false_rejection, device);
        validation_accuracy = train::evaluate(network, dataset, data::Part::validation, device).accuracy();
    }
    if (!dataset.indices(data::Part::test).empty()) {
        network.accuracy = train::evaluate(network, dataset, data::Part::test, device).to_json();
        network.accuracy["calibration_error"] =
            train::calibration_error(network, dataset, data::Part::test, device);
        const double rejected = train::false_rejection(network, dataset, data::Part::test, device);
        if (!std::isnan(rejected))
            network.accuracy["false_rejection"] = rejected;
    }
    graph::make_golden(network);
    graph::save_model(network, out);
    return { { "out", out },
             { "cost", graph::to_json(graph::cost(network)) },
             { "temperature", network.decision.temperature },
             { "unknown_score", network.decision.unknown_score },
             { "min_confidence", network.decision.min_confidence },
             { "validation_accuracy", validation_accuracy },
             { "test", network.accuracy } };
}

std::string accuracy_text(const nlohmann::json& scores)
{
    if (!scores.contains("accuracy"))
        return "not measured";
    char text[32];
    std::snprintf(text, sizeof text, "%.2f %%", 100 * scores["accuracy"].get<double>());
    return text;
}

} // namespace prunedamr::workshop
