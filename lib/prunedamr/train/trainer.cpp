// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/trainer.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/interrupt.h"
#include "prunedamr/nn/sync_batch_norm.h"
#include "prunedamr/train/data_parallel.h"
#include "prunedamr/train/objective.h"
#include "prunedamr/train/optimizer.h"
#include "prunedamr/train/validation.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <filesystem>

namespace prunedamr::train {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string note_of(const Epoch& epoch, const FitConfig& config, bool validated, double frames_per_s)
{
    std::string note = fmt::format("loss {:.4f}, train {:.2f} %", epoch.train_loss, 100 * epoch.train_accuracy);
    if (validated)
        note += fmt::format(", validation {:.2f} %", 100 * epoch.validation_accuracy);
    if (validated && !config.cost.empty())
        note += fmt::format(", cost {:.4f}", epoch.validation_cost);
    for (std::size_t i = 0; i < config.recall_constraints.size(); ++i)
        note += fmt::format(", {}: {:.2f} %", to_text(config.recall_constraints[i]), 100 * epoch.recalls[i]);
    return note + fmt::format(", {:.0f} frames/s", frames_per_s);
}

/// Of statistics of batch norms; empty in one process.
nn::SumOverProcesses sum_over(const ProcessGroup& processes)
{
    if (processes.size() == 1)
        return {};
    return [processes](at::Tensor& tensor) { processes.sum({ tensor }); };
}

} // namespace

Trainer::Trainer(const graph::Network& network, const dataset::Dataset& dataset, const FitConfig& config)
    : dataset_(dataset), config_(config), device_(nn::device_from_name(config.device)), module_(network),
      frames_(dataset, config_), augmenter_(config_.augment, dataset.front_end, dataset.class_names),
      objective_(network, config_, device_), validation_(dataset, config_, device_)
{
    module_.to(device_);
    parameters_ = trained_parameters(module_);
    optimizer_.emplace(config_, parameters_);
    if (config_.ema > 0.0)
        average_.emplace(module_.tensors(), config_.ema);
    if (!config_.checkpoint.empty() || config_.processes.size() > 1)
        state_.fingerprint = fingerprint(network, dataset, config_);
    check_same_run(state_.fingerprint, config_.processes);
    if (config_.teacher && config_.distill.once && augmenter_.relabels())
        throw Error({ "the teacher cannot read the frames only once", "distill.once",
                      "conjugation changes classes of the data set", "an augmentation that keeps them" });
    if (config_.distill.once)
        objective_.remember_teacher(dataset, dataset.indices(dataset::Split::train));
    state_.best = present_weights();
    if (config_.resume && !config_.checkpoint.empty())
        resume();
}

/// Process 0 first: what it refuses, the others do not see.
void Trainer::resume()
{
    if (config_.processes.is_rank0() && std::filesystem::exists(config_.checkpoint))
        restore(config_.checkpoint);
    const FileOfRank0 file(config_.checkpoint, config_.processes);
    if (!config_.processes.is_rank0() && file.exists())
        restore(file.path());
}

void Trainer::restore(const std::string& checkpoint)
{
    state_ = read_checkpoint(checkpoint, state_.fingerprint);
    try {
        module_.load(state_.weights);
        if (average_)
            average_->restore(state_.average, state_.averaged_steps);
        if (!state_.epochs.empty() || !state_.position.at_start())
            optimizer_->restore(state_.optimizer, device_);
    } catch (const c10::Error& fault) {
        throw Error({ "damaged checkpoint: optimizer state", checkpoint, "", "" });
    }
    position_ = state_.position;
    if (!config_.processes.is_rank0())
        position_.labeled = position_.right = 0; // which process 0 goes on counting for all
    weigh_classes();
}

void Trainer::save()
{
    if (config_.checkpoint.empty() || !config_.processes.is_rank0())
        return;
    state_.optimizer = optimizer_->state();
    state_.weights = present_weights();
    if (average_) {
        state_.average = average_->values();
        state_.averaged_steps = average_->updates();
    }
    write_checkpoint(state_, config_.checkpoint);
    saved_ = Clock::now();
}

/// All processes call it.
void Trainer::save_within_epoch()
{
    state_.position = position_;
    state_.position.seconds = seconds_since(epoch_started_);
    state_.position.labeled = std::llround(config_.processes.sum(static_cast<double>(position_.labeled)));
    state_.position.right = std::llround(config_.processes.sum(static_cast<double>(position_.right)));
    save();
}

bool Trainer::checkpoint_is_due() const
{
    return !config_.checkpoint.empty() && config_.processes.is_rank0() &&
           seconds_since(saved_) >= 60.0 * config_.checkpoint_minutes;
}

Tensors Trainer::present_weights() const
{
    Tensors weights;
    for (const auto& [name, tensor] : module_.tensors())
        weights[name] = nn::to_graph_tensor(tensor);
    return weights;
}

void Trainer::step()
{
    if (config_.l1_weight > 0.0)
        add_l1_gradient(parameters_, config_.l1_weight);
    if (config_.clip_gradient > 0.0)
        optimizer_->clip_gradient(config_.clip_gradient);
    optimizer_->step();
    if (average_)
        average_->update();
}

double Trainer::train_batch(const Batch& batch)
{
    const Objective::Value value = objective_(module_, batch);
    const double loss = config_.processes.sum(value.loss.item<double>());
    if (!std::isfinite(loss))
        return loss;
    optimizer_->clear_gradients();
    value.loss.backward();
    sum_gradients(parameters_, config_.processes);
    step();
    const std::int64_t frames = batch.labels.size(0) + batch.elsewhere;
    position_.loss += loss * static_cast<double>(frames);
    position_.frames += frames;
    position_.labeled += batch.labels.ge(0).sum().item<std::int64_t>();
    position_.right += value.logits.argmax(1).cpu().eq(batch.labels).sum().item<std::int64_t>();
    return loss;
}

bool Trainer::train_epoch(Epoch& epoch, Progress& progress)
{
    const Rng rng = Rng(config_.seed).fork(static_cast<std::uint64_t>(epoch.number));
    const nn::SyncBatchNorms norms(sum_over(config_.processes));
    module_.train();
    const auto start = Clock::now();
    const std::int64_t frames_before = position_.frames;
    while (position_.shard < frames_.shards()) {
        Rng of_shard = rng.fork(static_cast<std::uint64_t>(position_.shard));
        const Shard shard = frames_.shard(epoch.number, position_.shard, of_shard);
        if (!train_shard(shard, epoch.number, of_shard, progress))
            return false;
        ++position_.shard;
        position_.batches = 0;
    }
    trained_seconds_ += seconds_since(start);
    trained_frames_ += static_cast<double>(position_.frames - frames_before);
    epoch.train_loss = position_.loss / static_cast<double>(position_.frames);
    const double labeled = config_.processes.sum(static_cast<double>(position_.labeled));
    const double right = config_.processes.sum(static_cast<double>(position_.right));
    epoch.train_accuracy = labeled > 0.0 ? right / labeled : 0.0;
    position_ = {};
    return true;
}

/// Everything random in a step follows from seed, epoch, shard and its number, so that a resumed run repeats it.
bool Trainer::train_shard(const Shard& shard, int epoch, const Rng& rng, Progress& progress)
{
    BatchStream batches(shard, config_.batch, augmenter_, rng, config_.processes,
                        static_cast<std::size_t>(position_.batches));
    Batch batch;
    while (batches.next(batch)) {
        const double fraction = (position_.shard + batches.fraction()) / frames_.shards();
        optimizer_->set_learning_rate(learning_rate(config_, epoch - 1 + fraction));
        at::manual_seed(rng.fork(~batches.number()).next() +
                        static_cast<std::uint64_t>(config_.processes.rank())); // for dropout
        const double loss = train_batch(batch);
        if (!std::isfinite(loss))
            throw Error({ "the loss is not finite",
                          "epoch " + std::to_string(epoch) + ", batch " + std::to_string(batches.number()),
                          std::to_string(loss), "a finite loss: try a lower learning rate" });
        ++position_.batches;
        progress.within_step(fraction);
        const bool stop = config_.processes.any(interrupted());
        if (stop || config_.processes.any(checkpoint_is_due()))
            save_within_epoch();
        if (stop)
            return false;
    }
    return true;
}

void Trainer::finish_epoch(Epoch& epoch)
{
    if (average_)
        average_->swap(); // what is measured and kept is the average
    validation_.measure(module_, epoch);
    const bool first = state_.best_epoch == 0;
    if (first || validation_.empty() ||
        validation_.better(epoch, state_.epochs[static_cast<std::size_t>(state_.best_epoch) - 1])) {
        state_.best_epoch = epoch.number;
        state_.best_validation_accuracy = epoch.validation_accuracy;
        state_.best = present_weights();
    }
    if (average_)
        average_->swap();
    state_.epochs.push_back(epoch);
    state_.position = {};
    weigh_classes();
}

void Trainer::weigh_classes()
{
    std::vector<std::vector<double>> recalls;
    for (const Epoch& epoch : state_.epochs)
        recalls.push_back(epoch.recalls);
    objective_.set_class_weights(class_weights(config_.recall_constraints, dataset_.class_names, recalls));
}

bool Trainer::out_of_patience() const
{
    const int since_best = static_cast<int>(state_.epochs.size()) - state_.best_epoch;
    return config_.patience > 0 && !validation_.empty() && since_best >= config_.patience;
}

FitResult Trainer::run()
{
    const int done = static_cast<int>(state_.epochs.size());
    if (done >= config_.epochs || out_of_patience())
        return result(false);
    Progress progress(config_.title, config_.epochs - done, config_.processes.is_rank0());
    if (done == 0)
        save();
    for (int number = done + 1; number <= config_.epochs && !out_of_patience(); ++number) {
        epoch_started_ = Clock::now() - std::chrono::duration_cast<Clock::duration>(
                                            std::chrono::duration<double>(position_.seconds));
        Epoch epoch;
        epoch.number = number;
        epoch.learning_rate = learning_rate(config_, number - 1);
        if (!train_epoch(epoch, progress))
            return result(true);
        finish_epoch(epoch);
        state_.epochs.back().seconds = seconds_since(epoch_started_);
        save();
        progress.step_done(
            note_of(state_.epochs.back(), config_, !validation_.empty(), trained_frames_ / trained_seconds_));
    }
    return result(false);
}

FitResult Trainer::result(bool interrupted) const
{
    FitResult result;
    result.network = module_.network();
    result.network.tensors = state_.best;
    result.best_epoch = state_.best_epoch;
    result.best_validation_accuracy = state_.best_validation_accuracy;
    result.epochs = state_.epochs;
    result.interrupted = interrupted;
    result.stopped_early = !interrupted && out_of_patience();
    result.frames_per_s = trained_seconds_ > 0.0 ? trained_frames_ / trained_seconds_ : 0.0;
    result.config = config_;
    return result;
}

} // namespace prunedamr::train
