// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/rl/reward_frames.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/engine/engine.h"
#include "prunedamr/nn/graph_module.h"
#include "prunedamr/train/batches.h"

#include <algorithm>

namespace prunedamr::prune::rl {
namespace {

/// Logits [count, classes] by the engine.
std::vector<float> engine_logits(const graph::Network& network, const std::vector<float>& frames, std::size_t count)
{
    engine::EngineConfig config;
    config.max_batch = 32;
    config.self_check = false; // a network that is still being made has no golden vector
    engine::Engine engine(network, config);
    const auto frame = static_cast<std::size_t>(2 * network.length);
    const auto classes = static_cast<std::size_t>(network.classes());
    std::vector<float> logits(count * classes);
    for (std::size_t first = 0; first < count; first += 32)
        engine.run(frames.data() + first * frame, static_cast<int>(std::min<std::size_t>(32, count - first)),
                   logits.data() + first * classes);
    return logits;
}

} // namespace

std::vector<std::int64_t> draw(std::vector<std::int64_t> indices, int count, std::uint64_t seed)
{
    Rng rng(seed);
    const std::size_t drawn = std::min(indices.size(), static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < drawn; ++i)
        std::swap(indices[i], indices[static_cast<std::size_t>(rng.integer(
                                  static_cast<std::int64_t>(i), static_cast<std::int64_t>(indices.size()) - 1))]);
    indices.resize(drawn);
    std::sort(indices.begin(), indices.end());
    return indices;
}

RewardFrames::RewardFrames(const dataset::Dataset& dataset, std::vector<std::int64_t> indices, std::string device)
    : dataset_(dataset), indices_(std::move(indices)), device_(std::move(device))
{
    PRUNEDAMR_CHECK(!indices_.empty(), "frames to reward with");
    for (const std::int64_t index : indices_)
        frames_.insert(frames_.end(), dataset.frame(index), dataset.frame(index) + 2 * dataset.length());
}

double RewardFrames::accuracy(const graph::Network& network) const
{
    const auto classes = static_cast<std::size_t>(network.classes());
    std::vector<float> logits;
    if (device_ == "cpu") {
        logits = engine_logits(network, frames_, indices_.size());
    } else {
        const torch::Device device = nn::device_from_name(device_);
        nn::GraphModule module(network);
        module.to(device);
        logits = nn::to_graph_tensor(train::infer(module, dataset_, indices_, device, 256)).data;
    }
    std::size_t right = 0;
    for (std::size_t i = 0; i < indices_.size(); ++i) {
        const auto row = logits.begin() + static_cast<std::ptrdiff_t>(i * classes);
        const auto label = std::max_element(row, row + static_cast<std::ptrdiff_t>(classes)) - row;
        right += label == dataset_.label[static_cast<std::size_t>(indices_[i])] ? 1 : 0;
    }
    return static_cast<double>(right) / static_cast<double>(indices_.size());
}

} // namespace prunedamr::prune::rl
