// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/psr/similarity.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/nn/graph_module.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace prunedamr::prune {
namespace {

constexpr int kMinBatch = 8;

/// Disjoint batches of validation frames, as indices.
std::vector<std::vector<std::int64_t>> draw_batches(const dataset::Dataset& dataset, const SimilarityConfig& config)
{
    std::vector<std::int64_t> frames = dataset.indices(dataset::Split::validation);
    const auto available = static_cast<std::int64_t>(frames.size());
    const std::int64_t batch = std::min<std::int64_t>(config.batch, available / config.batches);
    if (batch < kMinBatch)
        throw Error{ { "too few validation frames for " + std::to_string(config.batches) + " batches", "similarity",
                       std::to_string(available), "at least " + std::to_string(kMinBatch * config.batches) } };
    Rng rng(config.seed);
    for (std::int64_t i = 0; i < batch * config.batches; ++i)
        std::swap(frames[i], frames[rng.integer(i, available - 1)]);
    std::vector<std::vector<std::int64_t>> batches;
    for (int b = 0; b < config.batches; ++b)
        batches.emplace_back(frames.begin() + b * batch, frames.begin() + (b + 1) * batch);
    return batches;
}

at::Tensor gather(const dataset::Dataset& dataset, const std::vector<std::int64_t>& frames)
{
    const std::int64_t length = dataset.length();
    at::Tensor tensor = at::empty({ static_cast<std::int64_t>(frames.size()), 2, length });
    float* out = tensor.data_ptr<float>();
    for (std::int64_t frame : frames)
        out = std::copy_n(dataset.frame(frame), 2 * length, out);
    return tensor;
}

} // namespace

std::vector<std::vector<double>> unit_similarity(const graph::Network& network, const dataset::Dataset& dataset,
                                                 const SimilarityConfig& config)
{
    PRUNEDAMR_CHECK(config.batches >= 1 && config.batch >= kMinBatch, "batches of the similarity");
    const at::Device device = nn::device_from_name(config.device);
    nn::GraphModule module(network);
    module.to(device);
    module.eval();
    at::NoGradGuard no_grad;
    std::vector<std::string> outputs;
    for (const graph::Unit& unit : network.units)
        outputs.push_back(unit.nodes.back());

    const std::size_t units = outputs.size();
    std::vector<std::vector<double>> mean(units, std::vector<double>(units, 0.0));
    for (const auto& batch : draw_batches(dataset, config)) {
        std::map<std::string, at::Tensor> by_node;
        module.forward(gather(dataset, batch).to(device), outputs, by_node);
        std::vector<at::Tensor> features;
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

namespace {

/// A Gram matrix with zero diagonal, and its sums.
struct Gram {
    at::Tensor matrix; ///< [n, n] double
    at::Tensor rows;   ///< row sums [n]
    double total = 0.0;
    double self = 0.0; ///< HSIC1 with itself
};

double hsic(const Gram& k, const Gram& l)
{
    const auto n = static_cast<double>(k.matrix.size(0));
    const double trace = (k.matrix * l.matrix).sum().item<double>(); // both are symmetric
    const double cross = k.rows.dot(l.rows).item<double>();
    return (trace + k.total * l.total / ((n - 1) * (n - 2)) - 2.0 * cross / (n - 2)) / (n * (n - 3));
}

Gram gram(const at::Tensor& features)
{
    if (features.dim() < 1 || features.size(0) < 4)
        throw Error{ { "too few samples", "CKA", std::to_string(features.dim() ? features.size(0) : 0),
                       "at least 4" } };
    const at::Tensor x = features.to(at::kDouble).reshape({ features.size(0), -1 });
    Gram result;
    result.matrix = x.mm(x.t());
    result.matrix.fill_diagonal_(0.0);
    result.rows = result.matrix.sum(1);
    result.total = result.rows.sum().item<double>();
    result.self = hsic(result, result);
    // A constant feature set leaves only rounding of its uncenterd size.
    const double uncenterd = result.matrix.square().sum().item<double>() / static_cast<double>(features.size(0));
    if (!(result.self * static_cast<double>(features.size(0) - 3) > 1e-12 * uncenterd))
        result.self = 0.0;
    return result;
}

double alignment(const Gram& k, const Gram& l)
{
    if (k.matrix.size(0) != l.matrix.size(0))
        throw Error{ { "feature sets of different size", "CKA", std::to_string(l.matrix.size(0)) + " samples",
                       std::to_string(k.matrix.size(0)) } };
    if (!(k.self > 0.0 && l.self > 0.0))
        return std::numeric_limits<double>::quiet_NaN();
    return hsic(k, l) / std::sqrt(k.self * l.self);
}

} // namespace

double unbiased_cka(const at::Tensor& x, const at::Tensor& y)
{
    at::NoGradGuard no_grad;
    return alignment(gram(x), gram(y));
}

std::vector<std::vector<double>> cka_matrix(const std::vector<std::vector<at::Tensor>>& features)
{
    PRUNEDAMR_CHECK(!features.empty(), "at least one batch");
    at::NoGradGuard no_grad;
    const std::size_t units = features[0].size();
    std::vector<std::vector<double>> matrix(units, std::vector<double>(units, 0.0));
    for (const auto& batch : features) {
        PRUNEDAMR_CHECK(batch.size() == units, "every batch has every unit");
        std::vector<Gram> grams;
        for (const at::Tensor& unit : batch)
            grams.push_back(gram(unit));
        for (std::size_t i = 0; i < units; ++i) {
            for (std::size_t j = 0; j < i; ++j)
                matrix[i][j] += alignment(grams[i], grams[j]) / static_cast<double>(features.size());
        }
    }
    for (std::size_t i = 0; i < units; ++i) {
        matrix[i][i] = 1.0;
        for (std::size_t j = 0; j < i; ++j)
            matrix[j][i] = matrix[i][j];
    }
    return matrix;
}

} // namespace prunedamr::prune
