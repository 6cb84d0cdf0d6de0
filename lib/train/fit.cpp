// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/fit.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/interrupt.h"
#include "prunedamr/train/evaluate.h"
#include "prunedamr/train/trainer.h"

#include <ATen/Parallel.h>

#include <limits>

namespace prunedamr::train {
namespace {

/// LibTorch's thread count and the treatment of denormals, given back at the end.
class ComputeSettings
{
public:
    explicit ComputeSettings(int threads) : threads_before_(at::get_num_threads())
    {
        if (threads > 0)
            at::set_num_threads(threads);
        flush_denormals(true);
    }

    ~ComputeSettings()
    {
        flush_denormals(false);
        at::set_num_threads(threads_before_);
    }

    ComputeSettings(const ComputeSettings&) = delete;
    ComputeSettings& operator=(const ComputeSettings&) = delete;

private:
    /// The mode belongs to a thread: one piece of work for each of LibTorch's.
    static void flush_denormals(bool on)
    {
        at::parallel_for(0, at::get_num_threads(), 1,
                         [on](std::int64_t, std::int64_t) { at::globalContext().setFlushDenormal(on); });
    }

    int threads_before_;
};

void check_range(const char* name, double value, double low, double high)
{
    if (value >= low && value <= high)
        return;
    const std::string range = high == std::numeric_limits<double>::max()
                                  ? "at least " + nlohmann::json(low).dump()
                                  : nlohmann::json(low).dump() + " to " + nlohmann::json(high).dump();
    throw Error({ "value out of range", name, std::to_string(value), range });
}

void check_config(const FitConfig& config)
{
    constexpr double kMost = std::numeric_limits<double>::max();
    check_range("epochs", config.epochs, 1, kMost);
    check_range("batch", config.batch, 2, kMost);
    check_range("learning_rate", config.learning_rate, 0, 1e3);
    check_range("step_epochs", config.step_epochs, 1, kMost);
    check_range("step_factor", config.step_factor, 0, 1);
    check_range("l1_weight", config.l1_weight, 0, kMost);
    check_range("weight_decay", config.weight_decay, 0, kMost);
    check_range("label_smoothing", config.label_smoothing, 0, 0.5);
    check_range("distil_weight", config.distil_weight, 0, 1);
    check_range("distil_temperature", config.distil_temperature, 1e-3, 1e3);
    check_range("pages_per_epoch", config.pages_per_epoch, 1, kMost);
    check_range("threads", config.threads, 0, kMost);
    if (config.schedule != "step" && config.schedule != "cosine")
        throw Error({ "unknown schedule", "schedule", config.schedule, "step or cosine" });
}

} // namespace

FitResult fit(const graph::Network& network, const data::Dataset& dataset, const FitConfig& config)
{
    check_config(config);
    check_compatible(network, dataset);
    if (config.teacher)
        check_compatible(*config.teacher, dataset);
    const InterruptGuard guard;
    const ComputeSettings settings(config.threads);
    return Trainer(network, dataset, config).run();
}

nlohmann::json to_json(const FitConfig& config)
{
    return { { "epochs", config.epochs },
             { "batch", config.batch },
             { "learning_rate", config.learning_rate },
             { "schedule", config.schedule },
             { "step_epochs", config.step_epochs },
             { "step_factor", config.step_factor },
             { "l1_weight", config.l1_weight },
             { "weight_decay", config.weight_decay },
             { "augment", config.augment },
             { "label_smoothing", config.label_smoothing },
             { "pages_per_epoch", config.generator ? config.pages_per_epoch : 0 },
             { "teacher", config.teacher ? config.teacher->name : "" },
             { "distil_weight", config.distil_weight },
             { "distil_temperature", config.distil_temperature },
             { "seed", config.seed },
             { "threads", config.threads },
             { "device", config.device } };
}

nlohmann::json to_json(const FitResult& result)
{
    return { { "config", to_json(result.config) },  { "epochs", to_json(result.epochs) },
             { "best_epoch", result.best_epoch },   { "best_validation_accuracy", result.best_validation_accuracy },
             { "interrupted", result.interrupted }, { "frames_per_s", result.frames_per_s } };
}

} // namespace prunedamr::train
