// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/settings.h"

#include "prunedamr/base/error.h"
#include "prunedamr/train/augment.h"
#include "prunedamr/train/validation.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace prunedamr::train {
namespace {

using Slot = std::variant<int*, double*>;

double value_of(const Slot& slot)
{
    return std::visit([](const auto* value) { return static_cast<double>(*value); }, slot);
}

std::string text_of(double value)
{
    return fmt::format("{:.10g}", value);
}

} // namespace

const std::vector<NumberSetting>& number_settings()
{
    using C = FitConfig;
    static const std::vector<NumberSetting> list = {
        { "epochs", nullptr, 1, 100000, "passes over the training part", [](C& c) -> Slot { return &c.epochs; } },
        { "batch", nullptr, 2, 65536, "frames per step, of each process", [](C& c) -> Slot { return &c.batch; } },
        { "learning_rate", "lr", 1e-9, 1000, "learning rate", [](C& c) -> Slot { return &c.learning_rate; } },
        { "step_epochs", nullptr, 1, 100000, "step: epochs between decays",
          [](C& c) -> Slot { return &c.step_epochs; } },
        { "step_factor", nullptr, 0.001, 1, "step: factor of each decay",
          [](C& c) -> Slot { return &c.step_factor; } },
        { "warmup_epochs", nullptr, 0, 1000, "epochs over which the rate rises, fewer than all",
          [](C& c) -> Slot { return &c.warmup_epochs; } },
        { "patience", nullptr, 0, 100000, "stop after so many epochs without a better one; 0: never",
          [](C& c) -> Slot { return &c.patience; } },
        { "clip_gradient", nullptr, 0, 1e9, "largest L2 norm of the whole gradient; 0: any",
          [](C& c) -> Slot { return &c.clip_gradient; } },
        { "ema", nullptr, 0, 0.999999,
          "decay per step of the running average of the weights, which is then the result",
          [](C& c) -> Slot { return &c.ema; } },
        { "l1_weight", "l1", 0, 1000, "weight of the parameters' L1 norm (the PSR paper: 1e-4)",
          [](C& c) -> Slot { return &c.l1_weight; } },
        { "weight_decay", nullptr, 0, 1000, "adamw: apart from the gradient; sgd: part of it",
          [](C& c) -> Slot { return &c.weight_decay; } },
        { "label_smoothing", nullptr, 0, 0.5, "fraction of the labels spread over all classes",
          [](C& c) -> Slot { return &c.label_smoothing; } },
        { "shift_fraction", nullptr, 0, 0.5, "augmentation shift: largest, either way, as a fraction of the frame",
          [](C& c) -> Slot { return &c.augment.shift_fraction; } },
        { "resample_ppm", nullptr, 0, 50000, "augmentation resample: largest clock offset, either way",
          [](C& c) -> Slot { return &c.augment.resample_ppm; } },
        { "noise_db", nullptr, 0, 60, "augmentation noise: largest fall of the SNR, dB",
          [](C& c) -> Slot { return &c.augment.noise_db; } },
        { "shards_per_epoch", nullptr, 1, 1e9, nullptr, [](C& c) -> Slot { return &c.shards_per_epoch; } },
        { "frames_per_class", nullptr, 0, 1e9,
          "labeled frames of each class, drawn from the train part; with a teacher the others are learned from it "
          "alone; 0: all",
          [](C& c) -> Slot { return &c.frames_per_class; } },
        { "distill_weight", nullptr, 0, 1, "weight of the teacher's logits in the loss",
          [](C& c) -> Slot { return &c.distill.weight; } },
        { "distill_temperature", nullptr, 0.01, 1000, "of teacher and student",
          [](C& c) -> Slot { return &c.distill.temperature; } },
        { "feature_weight", nullptr, 0, 1e6, "weight of the match of the stages' attention maps with the teacher's",
          [](C& c) -> Slot { return &c.distill.feature_weight; } },
        { "checkpoint_minutes", nullptr, 0, 100000,
          "time between two checkpoints within an epoch; 0: one after every step",
          [](C& c) -> Slot { return &c.checkpoint_minutes; } },
        { "threads", nullptr, 0, 1024, "0: all cores", [](C& c) -> Slot { return &c.threads; } },
    };
    return list;
}

const std::vector<ChoiceSetting>& choice_settings()
{
    static const std::vector<ChoiceSetting> list = {
        { "optimizer",
          { "adamw", "sgd" },
          "sgd: Nesterov momentum 0.9",
          [](FitConfig& c) -> std::string& { return c.optimizer; } },
        { "schedule",
          { "step", "cosine", "constant" },
          "of the learning rate",
          [](FitConfig& c) -> std::string& { return c.schedule; } },
    };
    return list;
}

void check_settings(const FitConfig& config)
{
    FitConfig copy = config;
    for (const NumberSetting& setting : number_settings()) {
        const double value = value_of(setting.in(copy));
        if (!(value >= setting.low && value <= setting.high))
            throw Error({ "value out of range", setting.name, text_of(value),
                          text_of(setting.low) + " to " + text_of(setting.high) });
    }
    for (const ChoiceSetting& setting : choice_settings()) {
        std::string known;
        for (const std::string& choice : setting.choices)
            known += (known.empty() ? "" : ", ") + choice;
        if (std::find(setting.choices.begin(), setting.choices.end(), setting.in(copy)) == setting.choices.end())
            throw Error({ std::string("unknown ") + setting.name, setting.name, setting.in(copy), known });
    }
    if (config.teacher && config.distill.once && (config.generator || config.distill.feature_weight > 0.0))
        throw Error({ "the teacher cannot read the frames only once", "distill.once",
                      config.generator ? "frames made while training" : "features to match",
                      "a fixed data set and logits alone" });
    if (config.warmup_epochs > 0 && config.warmup_epochs >= config.epochs)
        throw Error({ "value out of range", "warmup_epochs", std::to_string(config.warmup_epochs),
                      "fewer than epochs: " + std::to_string(config.epochs) });
}

nlohmann::json to_json(const FitConfig& config)
{
    FitConfig copy = config;
    nlohmann::json all;
    for (const NumberSetting& setting : number_settings())
        std::visit([&](auto* value) { all[setting.name] = *value; }, setting.in(copy));
    for (const ChoiceSetting& setting : choice_settings())
        all[setting.name] = setting.in(copy);
    all["augment"] = nlohmann::json::array();
    for (const Augmentation& one : augmentations())
        if (config.augment.*one.chosen)
            all["augment"].push_back(one.name);
    if (!config.generator)
        all["shards_per_epoch"] = 0;
    all["teacher"] = config.teacher ? config.teacher_name : "";
    all["distill_once"] = config.distill.once;
    all["cost"] = config.cost.rows();
    all["min_recall"] = nlohmann::json::array();
    for (const RecallConstraint& constraint : config.recall_constraints)
        all["min_recall"].push_back(to_text(constraint));
    all["seed"] = config.seed;
    all["processes"] = config.processes.size();
    all["device"] = config.device;
    return all;
}

} // namespace prunedamr::train
