// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/fit.h"

#include "prunedamr/base/interrupt.h"
#include "prunedamr/train/evaluate.h"
#include "prunedamr/train/settings.h"
#include "prunedamr/train/trainer.h"

#include <ATen/Parallel.h>

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

} // namespace

FitResult fit(const graph::Network& network, const data::Dataset& dataset, const FitConfig& config)
{
    check_settings(config);
    check_compatible(network, dataset);
    if (config.teacher)
        check_compatible(*config.teacher, dataset);
    const InterruptGuard guard;
    const ComputeSettings settings(config.threads);
    return Trainer(network, dataset, config).run();
}

nlohmann::json to_json(const FitResult& result)
{
    return {
        { "config", to_json(result.config) },   { "epochs", to_json(result.epochs) },
        { "best_epoch", result.best_epoch },    { "best_validation_accuracy", result.best_validation_accuracy },
        { "interrupted", result.interrupted },  { "stopped_early", result.stopped_early },
        { "frames_per_s", result.frames_per_s }
    };
}

} // namespace prunedamr::train
