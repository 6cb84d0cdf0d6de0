// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/fit.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/interrupt.h"
#include "prunedamr/train/data_parallel.h"
#include "prunedamr/train/evaluate.h"
#include "prunedamr/train/settings.h"
#include "prunedamr/train/trainer.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <nlohmann/json.hpp>

#include <limits>
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace prunedamr::train {
namespace {

/// LibTorch allocates every activation again: memory that went back to the system each time would come page by page
/// again (a fifth of the time of a small network's training).
void keep_freed_memory()
{
#ifdef __GLIBC__
    constexpr int kLargestByMmap = 32 << 20; // the most that glibc takes
    mallopt(M_MMAP_THRESHOLD, kLargestByMmap);
    mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
    mallopt(M_TOP_PAD, 64 << 20);
#endif
}

/// LibTorch's thread count and the treatment of denormals, given back at the end.
class ComputeSettings
{
public:
    explicit ComputeSettings(int threads) : threads_before_(at::get_num_threads())
    {
        if (threads > 0)
            at::set_num_threads(threads);
        flush_denormals(true);
        keep_freed_memory();
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

const FitConfig& checked(const FitConfig& config, const graph::Network& network, const dataset::Dataset& dataset)
{
    check_settings(config);
    check_compatible(network, dataset);
    for (const graph::Node& node : network.nodes)
        if (node.op == graph::Op::complex_norm && config.processes.size() > 1)
            throw Error({ "complex norms are not synchronized over processes", "node '" + node.name + "'",
                          std::to_string(config.processes.size()) + " processes", "1" });
    if (config.teacher && config.teacher->classes() > network.classes())
        check_compatible(*config.teacher, dataset);
    return config;
}

/// A training run of all processes; checked when it is made.
class TrainingRun
{
public:
    TrainingRun(const graph::Network& network, const dataset::Dataset& dataset, const FitConfig& config)
        : processes_(config.processes), settings_(config.threads),
          trainer_(network, dataset, checked(config, network, dataset))
    {
    }

    FitResult operator()()
    {
        FitResult result = trainer_.run();
        processes_.finish();
        return result;
    }

private:
    ProcessGroup processes_;
    InterruptGuard guard_;
    ComputeSettings settings_;
    Trainer trainer_;
};

/// False when it was interrupted.
bool join_one(const graph::Network& network, const dataset::Dataset& dataset, const FitConfig& config)
{
    TrainingRun run(network, dataset, config);
    try {
        return !run().interrupted;
    } catch (const LostProcess&) {
        throw;
    } catch (const Error&) {
        return true; // process 0 met it too, and knows whether to go on
    }
}

/// The message that sends the user to the checkpoint.
[[noreturn]] void give_up(const LostProcess& lost, const std::string& checkpoint)
{
    if (checkpoint.empty())
        throw lost;
    throw LostProcess({ lost.what() + std::string("; go on with --resume"), checkpoint, "", "" });
}

} // namespace

FitResult fit(const graph::Network& network, const dataset::Dataset& dataset, const FitConfig& config)
{
    graph::Network joint_network = network;
    FitConfig joint = config;
    try {
        PRUNEDAMR_CHECK(join_fit(joint_network, joint), "only workers are shut down");
        return TrainingRun(joint_network, dataset, joint)();
    } catch (const LostProcess& lost) {
        give_up(lost, joint.checkpoint);
    }
}

FitResult fit(const model::Model& model, const dataset::Dataset& dataset, const FitConfig& config)
{
    check_compatible(model, dataset);
    return fit(model.network, dataset, config);
}

void run_worker(const dataset::Dataset& dataset, const FitConfig& config)
{
    graph::Network network;
    FitConfig joint = config;
    try {
        while (join_fit(network, joint))
            if (!join_one(network, dataset, joint))
                throw Error({ "interrupted; go on with --resume", joint.checkpoint, "", "" });
        config.processes.finish();
    } catch (const LostProcess& lost) {
        give_up(lost, joint.checkpoint);
    }
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
