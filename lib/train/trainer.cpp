// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/trainer.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/interrupt.h"
#include "prunedamr/train/evaluate.h"
#include "prunedamr/train/loss.h"

#include <chrono>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <sstream>

namespace prunedamr::train {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<std::int64_t> all_of(const data::Dataset& frames)
{
    std::vector<std::int64_t> indices(frames.label.size());
    std::iota(indices.begin(), indices.end(), std::int64_t{ 0 });
    return indices;
}

std::string note_of(const Epoch& epoch, bool validated, double frames_per_s)
{
    char text[120];
    std::snprintf(text, sizeof text, "loss %.4f, train %.2f %%", epoch.train_loss, 100 * epoch.train_accuracy);
    std::string note = text;
    if (validated) {
        std::snprintf(text, sizeof text, ", validation %.2f %%", 100 * epoch.validation_accuracy);
        note += text;
    }
    std::snprintf(text, sizeof text, ", %.0f frames/s", frames_per_s);
    return note + text;
}

} // namespace

Trainer::Trainer(const graph::Network& network, const data::Dataset& dataset, const FitConfig& config)
    : dataset_(dataset), config_(config), device_(nn::device_from_name(config.device)), module_(network),
      train_(dataset.indices(data::Part::train)), validation_(dataset.indices(data::Part::validation))
{
    if (train_.size() < 2 && !config.generator)
        throw Error(
            { "too few frames in the train part", "data set", std::to_string(train_.size()), "at least 2" });
    module_.to(device_);
    if (config_.teacher) {
        teacher_ = std::make_unique<nn::GraphModule>(*config_.teacher);
        teacher_->to(device_);
        teacher_->eval();
    }
    // With no decay AdamW is Adam.
    const auto options = torch::optim::AdamWOptions(config_.learning_rate).weight_decay(config_.weight_decay);
    optimiser_ = std::make_unique<torch::optim::AdamW>(module_.parameters(), options);
    if (!config_.checkpoint.empty())
        state_.fingerprint = fingerprint(network, dataset, config_);
    state_.best = present_weights();
    if (config_.resume && !config_.checkpoint.empty() && std::filesystem::exists(config_.checkpoint))
        restore();
}

void Trainer::restore()
{
    state_ = read_checkpoint(config_.checkpoint, state_.fingerprint);
    try {
        module_.load(state_.weights);
        if (!state_.epochs.empty()) {
            std::istringstream stream(state_.optimiser);
            torch::load(*optimiser_, stream, device_);
        }
    } catch (const c10::Error& fault) {
        throw Error({ "damaged checkpoint: optimiser state", config_.checkpoint, "", "" });
    }
}

void Trainer::save()
{
    if (config_.checkpoint.empty())
        return;
    std::ostringstream stream;
    torch::save(*optimiser_, stream);
    state_.optimiser = stream.str();
    state_.weights = present_weights();
    write_checkpoint(state_, config_.checkpoint);
}

Tensors Trainer::present_weights() const
{
    Tensors weights;
    for (const auto& [name, tensor] : module_.tensors())
        weights[name] = nn::to_graph_tensor(tensor);
    return weights;
}

double Trainer::learning_rate(int epoch, double share_of_epoch) const
{
    if (config_.schedule == "cosine")
        return config_.learning_rate * 0.5 * (1.0 + std::cos(M_PI * (epoch - 1 + share_of_epoch) / config_.epochs));
    return config_.learning_rate * std::pow(config_.step_factor, (epoch - 1) / config_.step_epochs);
}

torch::Tensor Trainer::loss_of(const Batch& batch, const torch::Tensor& frames, const torch::Tensor& logits)
{
    const torch::Tensor hard = cross_entropy(logits, batch.labels.to(device_), config_.label_smoothing);
    if (!teacher_)
        return hard;
    torch::Tensor teacher_logits;
    {
        const torch::NoGradGuard no_grad;
        teacher_logits = teacher_->forward(frames);
    }
    const double w = config_.distil_weight;
    return (1.0 - w) * hard + w * distillation(logits, teacher_logits, config_.distil_temperature);
}

double Trainer::train_batch(const Batch& batch, std::int64_t& right)
{
    const torch::Tensor frames = batch.frames.to(device_);
    const torch::Tensor logits = module_.forward(frames);
    const torch::Tensor loss = loss_of(batch, frames, logits);
    const double value = loss.item<double>();
    if (!std::isfinite(value))
        return value;
    optimiser_->zero_grad();
    loss.backward();
    if (config_.l1_weight > 0.0)
        add_l1_gradient(module_.parameters(), config_.l1_weight);
    optimiser_->step();
    right += logits.argmax(1).cpu().eq(batch.labels).sum().item<std::int64_t>();
    return value;
}

bool Trainer::train_epoch(Epoch& epoch, Progress& progress)
{
    // Everything random in an epoch follows from seed and number, so that a resumed run repeats it.
    Rng rng = Rng(config_.seed).fork(static_cast<std::uint64_t>(epoch.number));
    torch::manual_seed(rng.next());
    module_.train();
    const auto start = Clock::now();
    epoch_frames_ = epoch_right_ = 0;
    if (!config_.generator) {
        if (!train_page(dataset_, shuffled(train_, rng), 0, epoch, rng, progress))
            return false;
    } else {
        const auto first = static_cast<std::uint64_t>(epoch.number - 1) * static_cast<std::uint64_t>(pages());
        for (int page = 0; page < pages(); ++page) {
            const data::Dataset frames = take_page(first + static_cast<std::uint64_t>(page));
            if (!train_page(frames, shuffled(all_of(frames), rng), page, epoch, rng, progress))
                return false;
        }
    }
    epoch.train_loss /= static_cast<double>(epoch_frames_);
    epoch.train_accuracy = static_cast<double>(epoch_right_) / static_cast<double>(epoch_frames_);
    trained_seconds_ += seconds_since(start);
    trained_frames_ += static_cast<double>(epoch_frames_);
    return true;
}

bool Trainer::train_page(const data::Dataset& frames, std::vector<std::int64_t> order, int page, Epoch& epoch,
                         Rng& rng, Progress& progress)
{
    const auto size = static_cast<std::size_t>(config_.batch);
    if (order.size() % size == 1)
        order.pop_back(); // batch norm has no variance over one frame
    for (std::size_t first = 0; first < order.size(); first += size) {
        if (interrupted())
            return false;
        const double share = (page + static_cast<double>(first) / static_cast<double>(order.size())) / pages();
        for (auto& group : optimiser_->param_groups())
            static_cast<torch::optim::AdamWOptions&>(group.options()).lr(learning_rate(epoch.number, share));
        Batch batch = gather(frames, order, first, size);
        if (config_.augment)
            rotate_phases(batch, rng);
        const double loss = train_batch(batch, epoch_right_);
        if (!std::isfinite(loss))
            throw Error({ "the loss is not finite",
                          "epoch " + std::to_string(epoch.number) + ", batch " + std::to_string(first / size + 1),
                          std::to_string(loss), "a finite loss: try a lower learning rate" });
        epoch.train_loss += loss * static_cast<double>(batch.labels.size(0));
        epoch_frames_ += batch.labels.size(0);
        progress.within_step(share);
    }
    return true;
}

int Trainer::pages() const
{
    return config_.generator ? config_.pages_per_epoch : 1;
}

data::Dataset Trainer::take_page(std::uint64_t number)
{
    const auto make = [this](std::uint64_t page) {
        return std::async(std::launch::async, [this, page] { return config_.generator(page); });
    };
    if (!next_page_.valid())
        next_page_ = make(number);
    data::Dataset page = next_page_.get();
    check_compatible(module_.network(), page);
    if (number + 1 < static_cast<std::uint64_t>(config_.epochs) * static_cast<std::uint64_t>(pages()))
        next_page_ = make(number + 1); // made while this one is trained on
    return page;
}

void Trainer::finish_epoch(Epoch& epoch)
{
    if (!validation_.empty()) {
        const torch::Tensor logits = infer(module_, dataset_, validation_, device_, 2 * config_.batch);
        const torch::Tensor right = logits.argmax(1).eq(labels_of(dataset_, validation_));
        epoch.validation_accuracy = right.to(torch::kFloat64).mean().item<double>();
    }
    const bool first = state_.best_epoch == 0;
    if (first || validation_.empty() || epoch.validation_accuracy > state_.best_validation_accuracy) {
        state_.best_epoch = epoch.number;
        state_.best_validation_accuracy = epoch.validation_accuracy;
        state_.best = present_weights();
    }
}

FitResult Trainer::run()
{
    FitResult result;
    const int done = static_cast<int>(state_.epochs.size());
    if (done < config_.epochs) {
        Progress progress(config_.title, config_.epochs - done);
        if (done == 0)
            save();
        for (int number = done + 1; number <= config_.epochs && !result.interrupted; ++number) {
            const auto start = Clock::now();
            Epoch epoch;
            epoch.number = number;
            epoch.learning_rate = learning_rate(number, 0.0);
            result.interrupted = !train_epoch(epoch, progress);
            if (result.interrupted)
                break;
            finish_epoch(epoch);
            epoch.seconds = seconds_since(start);
            state_.epochs.push_back(epoch);
            save();
            progress.step_done(note_of(epoch, !validation_.empty(), trained_frames_ / trained_seconds_));
        }
    }
    result.network = module_.network();
    result.network.tensors = state_.best;
    result.network.golden = {};
    result.network.accuracy = nlohmann::json::object();
    result.best_epoch = state_.best_epoch;
    result.best_validation_accuracy = state_.best_validation_accuracy;
    result.epochs = state_.epochs;
    result.frames_per_s = trained_seconds_ > 0.0 ? trained_frames_ / trained_seconds_ : 0.0;
    result.config = config_;
    return result;
}

} // namespace prunedamr::train
