// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/psr/similarity.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/nn/graph_module.h"
#include "prunedamr/prune/psr/cka.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::prune {
namespace {

constexpr int kLeastBatch = 8;

/// Disjoint batches of validation frames, as indices.
std::vector<std::vector<std::int64_t>> draw_batches(const data::Dataset& dataset, const SimilarityConfig& config)
{
    std::vector<std::int64_t> frames = dataset.indices(data::Part::validation);
    const auto available = static_cast<std::int64_t>(frames.size());
    const std::int64_t batch = std::min<std::int64_t>(config.batch, available / config.batches);
    if (batch < kLeastBatch)
        throw Error{ { "too few validation frames for " + std::to_string(config.batches) + " batches", "similarity",
                       std::to_string(available), "at least " + std::to_string(kLeastBatch * config.batches) } };
    Rng rng(config.seed);
    for (std::int64_t i = 0; i < batch * config.batches; ++i)
        std::swap(frames[i], frames[rng.integer(i, available - 1)]);
    std::vector<std::vector<std::int64_t>> batches;
    for (int b = 0; b < config.batches; ++b)
        batches.emplace_back(frames.begin() + b * batch, frames.begin() + (b + 1) * batch);
    return batches;
}

torch::Tensor gather(const data::Dataset& dataset, const std::vector<std::int64_t>& frames)
{
    const std::int64_t length = dataset.length();
    torch::Tensor tensor = torch::empty({ static_cast<std::int64_t>(frames.size()), 2, length });
    float* out = tensor.data_ptr<float>();
    for (std::int64_t frame : frames)
        out = std::copy_n(dataset.frame(frame), 2 * length, out);
    return tensor;
}

} // namespace

std::vector<std::vector<double>> unit_similarity(const graph::Network& network, const data::Dataset& dataset,
                                                 const SimilarityConfig& config)
{
    PRUNEDAMR_CHECK(config.batches >= 1 && config.batch >= kLeastBatch, "batches of the similarity");
    const torch::Device device = nn::device_from_name(config.device);
    nn::GraphModule module(network);
    module.to(device);
    module.eval();
    torch::NoGradGuard no_grad;
    std::vector<std::string> outputs;
    for (const graph::Unit& unit : network.units)
        outputs.push_back(unit.nodes.back());

    const std::size_t units = outputs.size();
    std::vector<std::vector<double>> mean(units, std::vector<double>(units, 0.0));
    for (const auto& batch : draw_batches(dataset, config)) {
        std::map<std::string, torch::Tensor> by_node;
        module.forward(gather(dataset, batch).to(device), outputs, by_node);
        std::vector<torch::Tensor> features;
        for (const std::string& node : outputs)
            features.push_back(by_node.at(node));
        const auto matrix = cka_matrix({ features });
        for (std::size_t i = 0; i < units; ++i) {
            for (std::size_t j = 0; j < units; ++j)
                mean[i][j] += matrix[i][j] / config.batches;
        }
    }
    for (std::size_t i = 0; i < units; ++i) {
        if (units > 1 && std::none_of(mean[i].begin(), mean[i].end(), [&](const double& value) {
                return &value != &mean[i][i] && std::isfinite(value);
            }))
            throw Error{ { "output does not depend on the frame", "unit " + network.units[i].name,
                           "constant output", "a trained network" } };
    }
    return mean;
}

} // namespace prunedamr::prune
