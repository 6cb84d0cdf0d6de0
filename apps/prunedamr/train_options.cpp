// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr/train_options.h"

#include "apps/common/cli.h"
#include "apps/prunedamr/model_output.h"
#include "prunedamr/base/file.h"
#include "prunedamr/model/model_file.h"
#include "prunedamr/model/model_search.h"
#include "prunedamr/train/augment.h"
#include "prunedamr/train/evaluate.h"
#include "prunedamr/train/settings.h"
#include "prunedamr/train/validation.h"

#include <fmt/format.h>

#include <algorithm>

namespace prunedamr::tool {

namespace {

std::string option_name(const std::string& name)
{
    std::string option = "--" + name;
    std::replace(option.begin(), option.end(), '_', '-');
    return option;
}

template <class T> void add_number(CLI::App& command, const train::NumberSetting& setting, T& value)
{
    const bool epochs =
        std::string(setting.name) == "epochs"; // 0: a subcommand that also does other work does not train
    const T low = epochs ? T{ 0 } : static_cast<T>(setting.low);
    command.add_option(option_name(setting.option ? setting.option : setting.name), value, setting.help)
        ->capture_default_str()
        ->check(CLI::Range(low, static_cast<T>(setting.high)));
}

void add_augment(CLI::App& command, TrainOptions& options)
{
    std::vector<std::string> names;
    for (const train::Augmentation& one : train::augmentations()) {
        names.push_back(one.name);
        if (options.fit.augment.*one.chosen)
            options.augment.push_back(one.name);
    }
    names.push_back("none");
    cli::add_list(command, "--augment", options.augment,
                  "what is done to training frames at random, comma-separated")
        ->capture_default_str()
        ->check(CLI::IsMember(names));
}

} // namespace

void add_train_options(CLI::App& command, TrainOptions& options)
{
    train::FitConfig& fit = options.fit;
    for (const train::NumberSetting& setting : train::number_settings())
        if (setting.help)
            std::visit([&](auto* value) { add_number(command, setting, *value); }, setting.in(fit));
    for (const train::ChoiceSetting& setting : train::choice_settings())
        command.add_option(option_name(setting.name), setting.in(fit), setting.help)
            ->capture_default_str()
            ->check(CLI::IsMember(setting.choices));
    add_augment(command, options);
    command.add_option("--teacher", options.teacher, "model to distill from")->type_name(cli::kModel);
    command.add_option(
        "--cost-matrix", options.cost_matrix,
        "JSON {truth: {predicted: cost}}: confusions that cost more are learned to be avoided; not named: "
        "0 on the diagonal, else 1")
        ->type_name(cli::kInput);
    command
        .add_option(
            "--min-recall", options.recall_constraints,
            "class that must be recognized so often on validation data, as BPSK=95% or BPSK=95%@10dB (cells "
            "from that SNR on); may be given again")
        ->type_name("CLASS=RECALL")
        ->allow_extra_args(false);
    command.add_option("--seed", fit.seed, "of weights, order and augmentation")->capture_default_str();
    command.add_option("--device", fit.device, "cpu or cuda")->type_name("DEVICE")->capture_default_str();
    command.add_option("--checkpoint", fit.checkpoint, "written after every epoch (default: OUT.checkpoint)")
        ->type_name(cli::kOutput);
    command.add_flag("--teacher-once", fit.distill.once,
                     "the teacher reads each frame once, before the first epoch and not augmented: much faster");
    command.add_flag("--resume", fit.resume, "go on from the checkpoint if there is one");
}

void finish_train_options(TrainOptions& options, const std::string& out)
{
    train::FitConfig& fit = options.fit;
    check_model_name(out);
    fit.processes = train::ProcessGroup(train::process_place_from_environment());
    if (fit.checkpoint.empty())
        fit.checkpoint = out + ".checkpoint";
    train::choose_augmentations(fit.augment, options.augment);
    fit.recall_constraints.clear();
    for (const std::string& constraint : options.recall_constraints)
        fit.recall_constraints.push_back(train::parse_recall_constraint(constraint));
    if (!options.teacher.empty())
        options.teacher_model = model::load_model(model::find_model(options.teacher));
}

void set_teacher(TrainOptions& options, const dataset::Dataset& dataset)
{
    if (!options.teacher_model)
        return;
    train::check_compatible(*options.teacher_model, dataset);
    options.fit.teacher_name = options.teacher_model->info.name;
    options.fit.teacher = std::make_shared<const graph::Network>(options.teacher_model->network);
}

void read_cost_matrix(TrainOptions& options, const std::vector<std::string>& class_names)
{
    if (!options.cost_matrix.empty())
        options.fit.cost = metrics::read_cost_matrix(options.cost_matrix, class_names);
}

} // namespace prunedamr::tool
