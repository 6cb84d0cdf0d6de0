// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/odf2nna/odf2nna.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/progress.h"
#include "prunedamr/graph/rewrite/channel_layers.h"
#include "prunedamr/nn/graph_module.h"
#include "prunedamr/train/batches.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace prunedamr::prune {
namespace {

constexpr std::size_t kMomentsBatch = 256;

/// Sums over frames and positions of one node's channels, about each channel's first value: exact for constants.
class Sums
{
public:
    void add(const at::Tensor& activation) // [batch, C, H, W]
    {
        if (!origin_.defined())
            origin_ = activation.slice(0, 0, 1).slice(2, 0, 1).slice(3, 0, 1).to(at::kDouble);
        const at::Tensor distance = activation.to(at::kDouble) - origin_;
        const at::Tensor sum = distance.sum({ 0, 2, 3 }), square = distance.square().sum({ 0, 2, 3 });
        sum_ = sum_.defined() ? sum_ + sum : sum;
        square_ = square_.defined() ? square_ + square : square;
        count_ += activation.numel() / activation.size(1);
    }

    ChannelMoments moments(const std::string& node) const
    {
        const at::Tensor shift = sum_ / static_cast<double>(count_);
        const at::Tensor variance = (square_ / static_cast<double>(count_) - shift.square()).clamp_min(0.0);
        const at::Tensor mean = (shift + origin_.flatten()).to(at::kCPU).contiguous();
        const at::Tensor deviation = variance.sqrt().to(at::kCPU).contiguous();
        if (!at::isfinite(mean + deviation).all().item<bool>())
            throw Error{ { "activation is not finite", "node '" + node + "'", "", "a trained network" } };
        const auto values = [](const at::Tensor& t) {
            return std::vector<double>(t.data_ptr<double>(), t.data_ptr<double>() + t.numel());
        };
        return { values(mean), values(deviation) };
    }

private:
    at::Tensor origin_, sum_, square_;
    std::int64_t count_ = 0;
};

/// For each channel of a node, the layer and group that it belongs to; {-1, -1} for none.
std::vector<std::pair<int, int>> owners(const graph::ChannelTies& ties, const std::string& node,
                                        const std::map<int, std::pair<int, int>>& by_tie)
{
    std::vector<std::pair<int, int>> owner;
    for (const int tie : ties.groups(node)) {
        const auto found = by_tie.find(tie);
        owner.push_back(found == by_tie.end() ? std::pair(-1, -1) : found->second);
    }
    return owner;
}

} // namespace

MomentsByNode activation_moments(const graph::Network& network, const dataset::Dataset& dataset,
                                 const std::vector<std::string>& nodes, const std::string& device)
{
    const std::vector<std::int64_t> frames = dataset.indices(dataset::Split::train);
    if (frames.empty())
        throw Error{ { "no training frames to measure activations on", "data set", "0", "at least 1" } };
    const at::NoGradGuard no_grad;
    const at::Device target = nn::device_from_name(device);
    nn::GraphModule module(network);
    module.to(target);
    module.eval();
    std::map<std::string, Sums> sums;
    Progress progress("activations", 1);
    for (std::size_t first = 0; first < frames.size(); first += kMomentsBatch) {
        std::map<std::string, at::Tensor> outputs;
        module.forward(train::gather(dataset, frames, first, kMomentsBatch).frames.to(target), nodes, outputs);
        for (const auto& [node, activation] : outputs)
            sums[node].add(activation);
        progress.within_step(static_cast<double>(first) / static_cast<double>(frames.size()));
    }
    progress.step_done(std::to_string(frames.size()) + " frames");
    MomentsByNode moments;
    for (const std::string& node : nodes)
        moments[node] = sums.at(node).moments(node);
    return moments;
}

std::vector<std::vector<double>> relative_variability(const graph::Network& network,
                                                      const std::vector<graph::ChannelLayer>& layers,
                                                      const MomentsByNode& moments)
{
    const graph::ChannelTies ties(network);
    std::map<int, std::pair<int, int>> by_tie;
    std::vector<std::vector<double>> relative;
    for (std::size_t l = 0; l < layers.size(); ++l) {
        relative.emplace_back(layers[l].groups.size(), 0.0);
        for (std::size_t g = 0; g < layers[l].groups.size(); ++g) {
            const auto& [node, channel] = layers[l].groups[g].members.front();
            by_tie[ties.groups(node)[static_cast<std::size_t>(channel)]] = { static_cast<int>(l),
                                                                             static_cast<int>(g) };
        }
    }
    for (const auto& [node, channels] : moments) {
        std::map<std::pair<int, int>, double> of_group;
        std::map<int, double> of_layer;
        const auto owner = owners(ties, node, by_tie);
        for (std::size_t c = 0; c < owner.size(); ++c) {
            const double deviation = channels.deviation[c];
            of_group[owner[c]] = std::max(of_group[owner[c]], deviation);
            of_layer[owner[c].first] = std::max(of_layer[owner[c].first], deviation);
        }
        for (const auto& [group, deviation] : of_group)
            if (group.first >= 0 && deviation > 0.0) {
                double& highest =
                    relative[static_cast<std::size_t>(group.first)][static_cast<std::size_t>(group.second)];
                highest = std::max(highest, deviation / of_layer[group.first]);
            }
    }
    return relative;
}

} // namespace prunedamr::prune
