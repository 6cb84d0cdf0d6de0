// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/consensus/features.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/nn/graph_module.h"
#include "prunedamr/train/batches.h"
#include "prunedamr/train/shuffle.h"

#include <algorithm>
#include <map>

namespace prunedamr::prune {

std::string feature_node(const graph::Network& network)
{
    std::string name = network.nodes.back().name;
    for (;;) {
        const graph::Node& node = network.node(name);
        if (node.inputs.empty())
            throw Error{ { "no classifier", "network " + network.name, "no linear or conv before the logits",
                           "" } };
        name = node.inputs.front();
        if (node.op == graph::Op::linear || node.op == graph::Op::conv)
            return name;
    }
}

torch::Tensor classifier_features(const graph::Network& network, const data::Dataset& dataset,
                                  const std::vector<std::int64_t>& frames, const std::string& device)
{
    constexpr std::size_t kBatch = 256;
    const torch::NoGradGuard no_grad;
    const torch::Device where = nn::device_from_name(device);
    nn::GraphModule module(network);
    module.to(where);
    module.eval();
    const std::string node = feature_node(network);
    std::vector<torch::Tensor> parts;
    for (std::size_t first = 0; first < frames.size(); first += kBatch) {
        std::map<std::string, torch::Tensor> outputs;
        module.forward(train::gather(dataset, frames, first, kBatch).frames.to(where), { node }, outputs);
        parts.push_back(outputs.at(node).flatten(1).to(torch::kCPU, torch::kFloat64));
    }
    torch::Tensor features = torch::cat(parts);
    if (!features.isfinite().all().item<bool>())
        throw Error{ { "features are not finite", "node " + node, "infinite or not a number",
                       "a trained network" } };
    return features;
}

std::vector<std::int64_t> draw_frames(const data::Dataset& dataset, std::size_t count, std::uint64_t seed)
{
    std::vector<std::int64_t> frames = dataset.indices(data::Part::train);
    if (frames.empty())
        frames = dataset.indices(data::Part::validation);
    Rng rng(seed);
    std::map<std::int32_t, std::vector<std::int64_t>> by_class;
    for (const std::int64_t frame : train::shuffled(std::move(frames), rng))
        by_class[dataset.label[static_cast<std::size_t>(frame)]].push_back(frame);
    std::vector<std::int64_t> drawn;
    for (std::size_t turn = 0, before = 0;; ++turn, before = drawn.size()) {
        for (const auto& [label, members] : by_class) {
            if (drawn.size() == count)
                return drawn;
            if (turn < members.size())
                drawn.push_back(members[turn]);
        }
        if (drawn.size() == before)
            return drawn;
    }
}

} // namespace prunedamr::prune
