// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/quantise/observe.h"

#include "prunedamr/base/error.h"
#include "prunedamr/nn/graph_module.h"
#include "prunedamr/train/batches.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace prunedamr::prune {
namespace {

constexpr std::size_t kBatch = 128;
constexpr std::int64_t kBins = 2048;

using Outputs = std::map<std::string, torch::Tensor>;

/// The nodes' outputs, batch after batch; returns the logits.
torch::Tensor run(const graph::Network& network, const ObservedFrames& frames,
                  const std::vector<std::string>& nodes, const std::function<void(const Outputs&)>& see)
{
    const torch::NoGradGuard no_grad;
    const torch::Device device = nn::device_from_name(frames.device);
    nn::GraphModule module(network);
    module.to(device);
    module.eval();
    std::vector<torch::Tensor> logits;
    for (std::size_t first = 0; first < frames.indices.size(); first += kBatch) {
        Outputs outputs;
        const auto batch = train::gather(frames.dataset, frames.indices, first, kBatch).frames.to(device);
        logits.push_back(module.forward(batch, nodes, outputs).to(torch::kCPU, torch::kFloat64));
        see(outputs);
    }
    return torch::cat(logits);
}

void widen(Histogram& histogram, const torch::Tensor& values, const std::string& node, bool first)
{
    const float low = values.min().item<float>(), high = values.max().item<float>();
    if (!std::isfinite(low) || !std::isfinite(high))
        throw Error{ { "values are not finite", "node '" + node + "'", "infinite or not a number",
                       "a trained network" } };
    histogram.low = first ? low : std::min(histogram.low, low);
    histogram.high = first ? high : std::max(histogram.high, high);
}

void count(Histogram& histogram, const torch::Tensor& values)
{
    if (histogram.low == histogram.high) {
        histogram.counts.resize(1);
        histogram.counts[0] += values.numel();
        return;
    }
    const torch::Tensor bins = torch::histc(values.to(torch::kCPU), kBins, histogram.low, histogram.high);
    histogram.counts.resize(kBins);
    for (std::int64_t i = 0; i < kBins; ++i)
        histogram.counts[static_cast<std::size_t>(i)] += static_cast<std::int64_t>(bins.data_ptr<float>()[i]);
}

} // namespace

std::map<std::string, Histogram> observe(const graph::Network& network, const ObservedFrames& frames,
                                         const std::vector<std::string>& nodes)
{
    std::map<std::string, Histogram> histograms;
    run(network, frames, nodes, [&](const Outputs& outputs) {
        for (const auto& [node, values] : outputs) {
            const bool first = histograms.count(node) == 0;
            widen(histograms[node], values, node, first);
        }
    });
    run(network, frames, nodes, [&](const Outputs& outputs) {
        for (const auto& [node, values] : outputs)
            count(histograms.at(node), values);
    });
    return histograms;
}

torch::Tensor logits_of(const graph::Network& network, const ObservedFrames& frames)
{
    return run(network, frames, {}, [](const Outputs&) {});
}

torch::Tensor channel_means(const graph::Network& network, const ObservedFrames& frames, const std::string& node)
{
    torch::Tensor sum;
    double count = 0.0;
    run(network, frames, { node }, [&](const Outputs& outputs) {
        const torch::Tensor values = outputs.at(node).to(torch::kCPU, torch::kFloat64);
        const torch::Tensor part = values.sum({ 0, 2, 3 });
        sum = sum.defined() ? sum + part : part;
        count += static_cast<double>(values.numel() / values.size(1));
    });
    return sum / count;
}

} // namespace prunedamr::prune
