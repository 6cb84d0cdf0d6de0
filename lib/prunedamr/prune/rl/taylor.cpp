// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/rl/taylor.h"

#include "prunedamr/base/error.h"
#include "prunedamr/nn/graph_module.h"
#include "prunedamr/train/batches.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <iterator>

namespace prunedamr::prune::rl {

FilterScores taylor_scores(const graph::Network& network, const dataset::Dataset& dataset,
                           const std::vector<std::int64_t>& indices, const std::string& device)
{
    constexpr std::size_t kBatch = 256;
    PRUNEDAMR_CHECK(!indices.empty(), "frames to calibrate with");
    nn::GraphModule module(network);
    const at::Device target = nn::device_from_name(device);
    module.to(target);
    module.eval();
    for (std::size_t first = 0; first < indices.size(); first += kBatch) {
        const train::Batch batch = train::gather(dataset, indices, first, kBatch);
        const at::Tensor loss = at::cross_entropy_loss(module.forward(batch.frames.to(target)),
                                                       batch.labels.to(target), {}, at::Reduction::Sum);
        (loss / static_cast<double>(indices.size())).backward();
    }
    const at::NoGradGuard no_grad;
    FilterScores scores;
    for (const graph::Node& node : network.nodes) {
        if (node.op != graph::Op::conv && node.op != graph::Op::linear)
            continue;
        const at::Tensor& weight = module.tensors().at(node.name + ".weight");
        const at::Tensor gradient = weight.grad().defined() ? weight.grad() : at::zeros_like(weight);
        const at::Tensor sums =
            (weight * gradient).abs().to(at::kDouble).flatten(1).sum(1).to(at::kCPU).contiguous();
        const double* first = sums.data_ptr<double>();
        scores[node.name].assign(first, first + sums.numel());
    }
    return scores;
}

std::vector<std::vector<int>> removal_ranking(const std::vector<graph::ChannelLayer>& layers,
                                              const graph::KeptGroups& kept, const graph::PruningPlan& plan,
                                              const FilterScores& scores)
{
    std::vector<std::vector<int>> ranking = kept;
    for (std::size_t l = 0; l < layers.size(); ++l) {
        std::vector<double> score(layers[l].groups.size(), 0.0);
        for (const int group : kept[l])
            for (const auto& [node, channel] : layers[l].groups[static_cast<std::size_t>(group)].members)
                score[static_cast<std::size_t>(group)] +=
                    scores.at(node)[static_cast<std::size_t>(position(plan, node, channel))];
        std::stable_sort(ranking[l].begin(), ranking[l].end(), [&](int a, int b) {
            return score[static_cast<std::size_t>(a)] < score[static_cast<std::size_t>(b)];
        });
    }
    return ranking;
}

int position(const graph::PruningPlan& plan, const std::string& node, int channel)
{
    const auto thinned = plan.keep_channels.find(node);
    if (thinned == plan.keep_channels.end())
        return channel;
    const auto& kept = thinned->second;
    const auto found = std::lower_bound(kept.begin(), kept.end(), channel);
    PRUNEDAMR_CHECK(found != kept.end() && *found == channel, "a channel that is still there");
    return static_cast<int>(found - kept.begin());
}

graph::PruningPlan onwards(const graph::PruningPlan& from, const graph::PruningPlan& to)
{
    graph::PruningPlan plan = to;
    for (auto& [node, channels] : plan.keep_channels)
        for (int& channel : channels)
            channel = position(from, node, channel);
    return plan;
}

graph::KeptGroups removed_between(const graph::KeptGroups& before, const graph::KeptGroups& after)
{
    graph::KeptGroups removed(before.size());
    for (std::size_t l = 0; l < before.size(); ++l)
        std::set_difference(before[l].begin(), before[l].end(), after[l].begin(), after[l].end(),
                            std::back_inserter(removed[l]));
    return removed;
}

} // namespace prunedamr::prune::rl
