// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/psr/partition.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/nn/graph_module.h"

#include <ATen/ATen.h>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

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

namespace {

using Table = std::vector<std::vector<double>>;

/// D[i][j]: sum of squared deviations of values i..j (both ends, from 0).
Table deviations(const std::vector<double>& values)
{
    const std::size_t count = values.size();
    Table table(count, std::vector<double>(count, 0.0));
    for (std::size_t i = 0; i < count; ++i) {
        double sum = 0.0;
        for (std::size_t j = i; j < count; ++j) {
            sum += values[j];
            const double mean = sum / static_cast<double>(j - i + 1);
            for (std::size_t t = i; t <= j; ++t)
                table[i][j] += (values[t] - mean) * (values[t] - mean);
        }
    }
    return table;
}

/// loss[k][n] = L(n, k) of the first n values in k blocks; last[k][n]: where the last of those blocks begins.
struct Segmentation {
    Table loss;
    std::vector<std::vector<int>> last;
};

void check_blocks(const std::vector<double>& values, int blocks)
{
    if (blocks < 1 || blocks > static_cast<int>(values.size()))
        throw Error{ { "bad number of blocks", "partition", std::to_string(blocks),
                       "1.." + std::to_string(values.size()) } };
}

Segmentation segment(const std::vector<double>& values, int blocks)
{
    check_blocks(values, blocks);
    const int count = static_cast<int>(values.size());
    const Table deviation = deviations(values);
    Segmentation result{ Table(blocks + 1, std::vector<double>(count + 1, 0.0)),
                         std::vector<std::vector<int>>(blocks + 1, std::vector<int>(count + 1, 0)) };
    for (int n = 1; n <= count; ++n)
        result.loss[1][n] = deviation[0][n - 1];
    for (int k = 2; k <= blocks; ++k) {
        for (int n = k; n <= count; ++n) {
            double lowest = std::numeric_limits<double>::infinity();
            for (int begin = k - 1; begin < n; ++begin) {
                const double loss = result.loss[k - 1][begin] + deviation[begin][n - 1];
                if (loss < lowest) {
                    lowest = loss;
                    result.last[k][n] = begin;
                }
            }
            result.loss[k][n] = lowest;
        }
    }
    return result;
}

std::vector<int> borders_by_argmin(const Segmentation& table, int count, int blocks)
{
    std::vector<int> borders;
    for (int k = blocks, n = count; k > 1; --k) {
        n = table.last[k][n];
        borders.push_back(n);
    }
    return borders;
}

std::vector<int> borders_by_loss(const Segmentation& table, int count, int blocks)
{
    std::vector<int> borders;
    double loss = table.loss[blocks][count];
    for (int k = blocks - 1, n = count; k > 0; --k) {
        while (n > 0 && !(table.loss[k][n] < loss))
            --n;
        if (n == 0)
            break;
        borders.push_back(n);
        loss = table.loss[k][n];
    }
    return borders;
}

std::vector<int> borders_equal(int count, int blocks)
{
    std::vector<int> borders;
    for (int b = 1; b < blocks; ++b)
        borders.push_back(b * (count / blocks) + std::min(b, count % blocks));
    return borders;
}

std::vector<int> borders_random(int count, int blocks, std::uint64_t seed)
{
    Rng rng(seed);
    std::vector<int> inner(count - 1);
    std::iota(inner.begin(), inner.end(), 1);
    for (int b = 0; b < blocks - 1; ++b)
        std::swap(inner[b], inner[rng.integer(b, count - 2)]);
    inner.resize(blocks - 1);
    std::sort(inner.begin(), inner.end());
    return inner;
}

std::vector<int> sizes_between(std::vector<int> borders, int count)
{
    borders.push_back(count);
    std::vector<int> sizes(borders.size());
    std::adjacent_difference(borders.begin(), borders.end(), sizes.begin());
    return sizes;
}

} // namespace

PartitionRule partition_rule(const std::string& name)
{
    for (PartitionRule rule :
         { PartitionRule::optimal, PartitionRule::paper_code, PartitionRule::equal, PartitionRule::random }) {
        if (name == to_string(rule))
            return rule;
    }
    throw Error{ { "unknown partition rule", "", name, "optimal, paper-code, equal or random" } };
}

const char* to_string(PartitionRule rule)
{
    switch (rule) {
    case PartitionRule::optimal:
        return "optimal";
    case PartitionRule::paper_code:
        return "paper-code";
    case PartitionRule::equal:
        return "equal";
    case PartitionRule::random:
        return "random";
    }
    PRUNEDAMR_CHECK(false, "a partition rule without a name");
}

std::vector<int> fisher_partition(const std::vector<double>& values, int blocks, PartitionRule rule)
{
    PRUNEDAMR_CHECK(rule == PartitionRule::optimal || rule == PartitionRule::paper_code,
                    "a rule of Fisher's table");
    const Segmentation table = segment(values, blocks);
    const int count = static_cast<int>(values.size());
    std::vector<int> borders = rule == PartitionRule::optimal ? borders_by_argmin(table, count, blocks)
                                                              : borders_by_loss(table, count, blocks);
    std::reverse(borders.begin(), borders.end());
    return sizes_between(std::move(borders), count);
}

std::vector<int> partition(const std::vector<double>& values, int blocks, PartitionRule rule, std::uint64_t seed)
{
    check_blocks(values, blocks);
    const int count = static_cast<int>(values.size());
    switch (rule) {
    case PartitionRule::equal:
        return sizes_between(borders_equal(count, blocks), count);
    case PartitionRule::random:
        return sizes_between(borders_random(count, blocks, seed), count);
    case PartitionRule::optimal:
    case PartitionRule::paper_code:
        break;
    }
    return fisher_partition(values, blocks, rule);
}

std::vector<double> fisher_losses(const std::vector<double>& values, int max_blocks)
{
    const Segmentation table = segment(values, max_blocks);
    std::vector<double> losses;
    for (int k = 1; k <= max_blocks; ++k)
        losses.push_back(table.loss[k].back());
    return losses;
}

int choose_blocks(const std::vector<double>& values, int max_blocks, double min_drop)
{
    const std::vector<double> losses = fisher_losses(values, max_blocks);
    // Deviations below 1e-10 of the values are rounding, not structure.
    const double zero = 1e-20 * std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
    int chosen = 1;
    for (std::size_t k = 1; k < losses.size() && losses[k - 1] > zero; ++k) {
        if ((losses[k - 1] - losses[k]) / losses[k - 1] > min_drop)
            chosen = static_cast<int>(k) + 1;
    }
    return chosen;
}

} // namespace prunedamr::prune
