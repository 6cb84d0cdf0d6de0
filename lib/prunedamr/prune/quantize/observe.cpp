// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/quantize/observe.h"

#include "prunedamr/base/error.h"
#include "prunedamr/graph/quantize.h"
#include "prunedamr/nn/graph_module.h"
#include "prunedamr/train/batches.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

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

std::int64_t Histogram::total() const
{
    return std::accumulate(counts.begin(), counts.end(), std::int64_t{ 0 });
}

float Histogram::value_of(std::size_t bin) const
{
    return low + (high - low) * (static_cast<float>(bin) + 0.5F) / static_cast<float>(counts.size());
}

float Histogram::quantile(double share) const
{
    const double wanted = share * static_cast<double>(total());
    double below = 0.0;
    for (std::size_t bin = 0; bin < counts.size(); ++bin) {
        const auto here = static_cast<double>(counts[bin]);
        if (here > 0.0 && below + here >= wanted) {
            const double part = std::clamp((wanted - below) / here, 0.0, 1.0);
            return low + (high - low) * static_cast<float>((static_cast<double>(bin) + part) /
                                                           static_cast<double>(counts.size()));
        }
        below += here;
    }
    return high;
}

graph::QuantParams form_of_range(float low, float high)
{
    constexpr float kSteps = 255.0F;
    low = std::min(low, 0.0F);
    high = std::max(high, 0.0F);
    const float scale = (high - low) / kSteps;
    if (!(scale > 1e-30F)) // nothing but zeros
        return { 1.0F, 0 };
    return { scale, static_cast<int>(std::nearbyint(-low / scale)) };
}

double squared_error(const Histogram& histogram, const graph::QuantParams& form)
{
    double sum = 0.0;
    for (std::size_t bin = 0; bin < histogram.counts.size(); ++bin) {
        if (histogram.counts[bin] == 0)
            continue;
        const float x = histogram.value_of(bin);
        const double error = x - graph::dequantize(graph::quantize(x, form), form);
        sum += error * error * static_cast<double>(histogram.counts[bin]);
    }
    return sum / static_cast<double>(std::max<std::int64_t>(1, histogram.total()));
}

graph::QuantParams form_by_percentile(const Histogram& histogram, double outside)
{
    return form_of_range(histogram.quantile(outside), histogram.quantile(1.0 - outside));
}

graph::QuantParams form_by_squared_error(const Histogram& histogram)
{
    constexpr int kRanges = 80;
    graph::QuantParams best = form_of_range(histogram.low, histogram.high);
    double least = squared_error(histogram, best);
    for (int i = 1; i < kRanges; ++i) {
        const float share = 1.0F - 0.8F * static_cast<float>(i) / kRanges;
        const graph::QuantParams form = form_of_range(share * histogram.low, share * histogram.high);
        const double error = squared_error(histogram, form);
        if (error < least) {
            least = error;
            best = form;
        }
    }
    return best;
}

} // namespace prunedamr::prune
