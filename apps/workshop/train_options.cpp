// SPDX-License-Identifier: GPL-3.0-or-later
#include "train_options.h"

#include "prunedamr/base/atomic_file.h"
#include "prunedamr/base/error.h"
#include "prunedamr/graph/cost.h"
#include "prunedamr/graph/model_file.h"
#include "prunedamr/graph/reference.h"
#include "prunedamr/train/evaluate.h"

#include <cmath>
#include <cstdio>
#include <filesystem>

namespace prunedamr::workshop {

void add_train_options(CLI::App& verb, TrainOptions& options)
{
    auto& fit = options.fit;
    verb.add_option("--epochs", fit.epochs, "passes over the training part")
        ->capture_default_str()
        ->check(CLI::Range(0, 100000));
    verb.add_option("--batch", fit.batch, "frames per step")->capture_default_str()->check(CLI::Range(2, 65536));
    verb.add_option("--lr", fit.learning_rate, "learning rate of Adam")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    verb.add_option("--schedule", fit.schedule, "step or cosine")
        ->capture_default_str()
        ->check(CLI::IsMember({ "step", "cosine" }));
    verb.add_option("--step-epochs", fit.step_epochs, "step: epochs between decays")
        ->capture_default_str()
        ->check(CLI::Range(1, 100000));
    verb.add_option("--step-factor", fit.step_factor, "step: factor of each decay")
        ->capture_default_str()
        ->check(CLI::Range(0.001, 1.0));
    verb.add_option("--l1", fit.l1_weight, "weight of the parameters' L1 norm (the PSR paper: 1e-4)")
        ->capture_default_str()
        ->check(CLI::NonNegativeNumber);
    verb.add_option("--weight-decay", fit.weight_decay, "of AdamW")
        ->capture_default_str()
        ->check(CLI::NonNegativeNumber);
    verb.add_option("--label-smoothing", fit.label_smoothing, "0..0.5")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 0.5));
    verb.add_flag("!--no-augment", fit.augment, "do not rotate the phase of training frames at random");
    verb.add_option("--teacher", options.teacher, "model to distil from");
    verb.add_option("--distil-weight", fit.distil_weight, "share of the distillation term")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 1.0));
    verb.add_option("--distil-temperature", fit.distil_temperature, "of teacher and student")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    verb.add_option("--seed", fit.seed, "of weights, order and augmentation")->capture_default_str();
    verb.add_option("--threads", fit.threads, "0: all cores")->capture_default_str()->check(CLI::Range(0, 1024));
    verb.add_option("--device", fit.device, "cpu or cuda")->capture_default_str();
    verb.add_option("--checkpoint", fit.checkpoint, "written after every epoch (default: OUT.checkpoint)");
    verb.add_flag("--resume", fit.resume, "go on from the checkpoint if there is one");
}

void finish_train_options(TrainOptions& options, const std::string& out)
{
    if (std::filesystem::path(out).extension() != ".safetensors")
        throw Error({ "not a name for a model file", out, "", "NAME.safetensors" });
    check_writable(out);
    if (options.fit.checkpoint.empty())
        options.fit.checkpoint = out + ".checkpoint";
    if (!options.teacher.empty())
        options.fit.teacher = std::make_shared<const graph::Network>(graph::load_model(options.teacher));
}

nlohmann::json finish_model(graph::Network network, const data::Dataset& dataset, const std::string& out,
                            const std::string& device)
{
    network.name = std::filesystem::path(out).stem().string();
    double validation_accuracy = NAN;
    if (!dataset.indices(data::Part::validation).empty()) {
        network.decision.temperature = train::fit_temperature(network, dataset, data::Part::validation, device);
        validation_accuracy = train::evaluate(network, dataset, data::Part::validation, device).accuracy();
    }
    if (!dataset.indices(data::Part::test).empty())
        network.accuracy = train::evaluate(network, dataset, data::Part::test, device).to_json();
    graph::make_golden(network);
    graph::save_model(network, out);
    return { { "out", out },
             { "cost", graph::to_json(graph::cost(network)) },
             { "temperature", network.decision.temperature },
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
