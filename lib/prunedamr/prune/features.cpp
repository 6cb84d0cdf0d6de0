// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/features.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/nn/graph_module.h"
#include "prunedamr/train/batches.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <vector>

namespace prunedamr::prune {
namespace {

constexpr double kRidge = 1e-3;
constexpr std::size_t kProbeBatch = 64;                                       // frames
const std::vector<std::int64_t> kSamples = { 0 }, kPositions = { 2, 3 }; // dimensions that means run over

at::Tensor to_matrix(const std::vector<std::vector<double>>& rows)
{
    const auto columns = static_cast<std::int64_t>(rows.at(0).size());
    at::Tensor matrix = at::empty({ static_cast<std::int64_t>(rows.size()), columns }, at::kDouble);
    double* to = matrix.data_ptr<double>();
    for (const auto& row : rows)
        to = std::copy(row.begin(), row.end(), to);
    return matrix;
}

/// Samples by node, the mean over positions of every channel.
std::map<std::string, ProbeSamples> pooled_features(nn::GraphModule& module, const std::set<std::string>& nodes,
                                                    const dataset::Dataset& dataset, const ClassFrames& frames,
                                                    const at::Device& device)
{
    const at::NoGradGuard no_grad;
    const std::vector<std::string> names(nodes.begin(), nodes.end());
    std::map<std::string, ProbeSamples> samples;
    for (const auto& of_class : frames)
        for (std::size_t first = 0; first < of_class.size(); first += kProbeBatch) {
            const auto batch = train::gather(dataset, of_class, first, kProbeBatch);
            std::map<std::string, at::Tensor> outputs;
            module.forward(batch.frames.to(device), names, outputs);
            for (const auto& [node, output] : outputs) {
                const at::Tensor pooled = output.to(at::kCPU, at::kDouble).mean(kPositions).contiguous();
                const double* row = pooled.data_ptr<double>();
                for (std::int64_t n = 0; n < pooled.size(0); ++n, row += pooled.size(1)) {
                    samples[node].features.emplace_back(row, row + pooled.size(1));
                    samples[node].labels.push_back(static_cast<int>(batch.labels[n].item<std::int64_t>()));
                }
            }
        }
    return samples;
}

} // namespace

double probe_accuracy(const ProbeSamples& seen, const ProbeSamples& unseen, int classes)
{
    const at::Tensor x = to_matrix(seen.features);
    const at::Tensor labels = at::tensor(std::vector<std::int64_t>(seen.labels.begin(), seen.labels.end()));
    const at::Tensor y = at::one_hot(labels, classes).to(at::kDouble);
    const at::Tensor mean_x = x.mean(kSamples), mean_y = y.mean(kSamples);
    const at::Tensor centerd = x - mean_x;
    at::Tensor gram = centerd.t().matmul(centerd);
    // The last term: features that never vary must not make the system singular.
    gram.diagonal().add_(kRidge * gram.diagonal().mean().item<double>() + 1e-30);
    const at::Tensor weights = at::linalg_solve(gram, centerd.t().matmul(y - mean_y));
    const at::Tensor outputs = (to_matrix(unseen.features) - mean_x).matmul(weights) + mean_y;
    const at::Tensor predicted = outputs.argmax(1);
    int right = 0;
    for (std::size_t n = 0; n < unseen.labels.size(); ++n)
        right += predicted[static_cast<std::int64_t>(n)].item<std::int64_t>() == unseen.labels[n] ? 1 : 0;
    return static_cast<double>(right) / static_cast<double>(unseen.labels.size());
}

std::vector<ProbeGain> probe_gains(const graph::Network& network, const dataset::Dataset& dataset,
                                   const ClassFrames& seen, const ClassFrames& unseen, const std::string& device)
{
    std::set<std::string> nodes;
    for (const graph::Unit& unit : network.units) {
        nodes.insert(graph::unit_input(network, unit));
        nodes.insert(unit.nodes.back());
    }
    const at::Device place = nn::device_from_name(device);
    nn::GraphModule module(network);
    module.to(place);
    module.eval();
    const auto learned = pooled_features(module, nodes, dataset, seen, place);
    const auto scored = pooled_features(module, nodes, dataset, unseen, place);
    std::map<std::string, double> accuracy;
    for (const std::string& node : nodes)
        accuracy[node] = probe_accuracy(learned.at(node), scored.at(node), static_cast<int>(network.classes()));
    std::vector<ProbeGain> gains;
    for (const graph::Unit& unit : network.units)
        gains.push_back({ accuracy.at(graph::unit_input(network, unit)), accuracy.at(unit.nodes.back()) });
    return gains;
}

std::vector<std::int64_t> labeled_frames(const dataset::Dataset& dataset, const train::FitConfig& fine_tune)
{
    const auto frames = dataset.indices(dataset::Split::train);
    return fine_tune.frames_per_class > 0
               ? train::choose_labeled(dataset, frames, fine_tune.frames_per_class, fine_tune.seed)
               : frames;
}

ClassFrames draw_per_class(const dataset::Dataset& dataset, const std::vector<std::int64_t>& frames, int per_class,
                           std::uint64_t seed)
{
    constexpr int kMin = 2; // one frame has no scatter
    if (per_class < kMin)
        throw Error{ { "value out of range", "samples per class", std::to_string(per_class), "2 or more" } };
    ClassFrames drawn(dataset.class_names.size());
    for (const std::int64_t frame : train::choose_labeled(dataset, frames, per_class, seed))
        drawn[static_cast<std::size_t>(dataset.label[static_cast<std::size_t>(frame)])].push_back(frame);
    for (std::size_t c = 0; c < drawn.size(); ++c)
        if (drawn[c].size() < kMin)
            throw Error{ { "too few labeled frames", "class " + dataset.class_names[c],
                           std::to_string(drawn[c].size()), "2 or more" } };
    return drawn;
}

std::string feature_node(const graph::Network& network)
{
    std::string name = network.nodes.back().name;
    for (;;) {
        const graph::Node& node = network.node(name);
        if (node.inputs.empty())
            throw Error{ { "no classifier", "network", "no linear or conv before the logits",
                           "" } };
        name = node.inputs.front();
        if (node.op == graph::Op::linear || node.op == graph::Op::conv)
            return name;
    }
}

at::Tensor classifier_features(const graph::Network& network, const dataset::Dataset& dataset,
                                  const std::vector<std::int64_t>& frames, const std::string& device)
{
    constexpr std::size_t kBatch = 256;
    const at::NoGradGuard no_grad;
    const at::Device where = nn::device_from_name(device);
    nn::GraphModule module(network);
    module.to(where);
    module.eval();
    const std::string node = feature_node(network);
    std::vector<at::Tensor> parts;
    for (std::size_t first = 0; first < frames.size(); first += kBatch) {
        std::map<std::string, at::Tensor> outputs;
        module.forward(train::gather(dataset, frames, first, kBatch).frames.to(where), { node }, outputs);
        parts.push_back(outputs.at(node).flatten(1).to(at::kCPU, at::kDouble));
    }
    at::Tensor features = at::cat(parts);
    if (!features.isfinite().all().item<bool>())
        throw Error{ { "features are not finite", "node " + node, "infinite or not a number",
                       "a trained network" } };
    return features;
}

std::vector<std::int64_t> draw_frames(const dataset::Dataset& dataset, std::size_t count, std::uint64_t seed)
{
    std::vector<std::int64_t> frames = dataset.indices(dataset::Split::train);
    if (frames.empty())
        frames = dataset.indices(dataset::Split::validation);
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
