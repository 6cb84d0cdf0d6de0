// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/quantize.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/progress.h"
#include "prunedamr/engine/engine.h"
#include "prunedamr/graph/quantize.h"
#include "prunedamr/graph/rewrite/rewrite.h"
#include "prunedamr/nn/graph_module.h"
#include "prunedamr/prune/features.h"
#include "prunedamr/train/batches.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>

namespace prunedamr::prune {
namespace {

constexpr std::size_t kObservedBatch = 128;
constexpr std::int64_t kBins = 2048;

using Outputs = std::map<std::string, at::Tensor>;

/// The nodes' outputs, batch after batch; returns the logits.
at::Tensor run(const graph::Network& network, const ObservedFrames& frames, const std::vector<std::string>& nodes,
               const std::function<void(const Outputs&)>& see)
{
    const at::NoGradGuard no_grad;
    const at::Device device = nn::device_from_name(frames.device);
    nn::GraphModule module(network);
    module.to(device);
    module.eval();
    std::vector<at::Tensor> logits;
    for (std::size_t first = 0; first < frames.indices.size(); first += kObservedBatch) {
        Outputs outputs;
        const auto batch = train::gather(frames.dataset, frames.indices, first, kObservedBatch).frames.to(device);
        logits.push_back(module.forward(batch, nodes, outputs).to(at::kCPU, at::kDouble));
        see(outputs);
    }
    return at::cat(logits);
}

void widen(Histogram& histogram, const at::Tensor& values, const std::string& node, bool first)
{
    const float low = values.min().item<float>(), high = values.max().item<float>();
    if (!std::isfinite(low) || !std::isfinite(high))
        throw Error{ { "values are not finite", "node '" + node + "'", "infinite or not a number",
                       "a trained network" } };
    histogram.low = first ? low : std::min(histogram.low, low);
    histogram.high = first ? high : std::max(histogram.high, high);
}

void count(Histogram& histogram, const at::Tensor& values)
{
    if (histogram.low == histogram.high) {
        histogram.counts.resize(1);
        histogram.counts[0] += values.numel();
        return;
    }
    const at::Tensor bins = at::histc(values.to(at::kCPU), kBins, histogram.low, histogram.high);
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

at::Tensor logits_of(const graph::Network& network, const ObservedFrames& frames)
{
    return run(network, frames, {}, [](const Outputs&) {});
}

at::Tensor channel_means(const graph::Network& network, const ObservedFrames& frames, const std::string& node)
{
    at::Tensor sum;
    double count = 0.0;
    run(network, frames, { node }, [&](const Outputs& outputs) {
        const at::Tensor values = outputs.at(node).to(at::kCPU, at::kDouble);
        const at::Tensor part = values.sum({ 0, 2, 3 });
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

float Histogram::quantile(double fraction) const
{
    const double wanted = fraction * static_cast<double>(total());
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

graph::QuantParams params_of_range(float low, float high)
{
    constexpr float kSteps = 255.0F;
    low = std::min(low, 0.0F);
    high = std::max(high, 0.0F);
    const float scale = (high - low) / kSteps;
    if (!(scale > 1e-30F)) // nothing but zeros
        return { 1.0F, 0 };
    return { scale, static_cast<int>(std::nearbyint(-low / scale)) };
}

double squared_error(const Histogram& histogram, const graph::QuantParams& params)
{
    double sum = 0.0;
    for (std::size_t bin = 0; bin < histogram.counts.size(); ++bin) {
        if (histogram.counts[bin] == 0)
            continue;
        const float x = histogram.value_of(bin);
        const double error = x - graph::dequantize(graph::quantize(x, params), params);
        sum += error * error * static_cast<double>(histogram.counts[bin]);
    }
    return sum / static_cast<double>(std::max<std::int64_t>(1, histogram.total()));
}

graph::QuantParams params_by_percentile(const Histogram& histogram, double outside)
{
    return params_of_range(histogram.quantile(outside), histogram.quantile(1.0 - outside));
}

graph::QuantParams params_by_squared_error(const Histogram& histogram)
{
    constexpr int kRanges = 80;
    graph::QuantParams best = params_of_range(histogram.low, histogram.high);
    double lowest = squared_error(histogram, best);
    for (int i = 1; i < kRanges; ++i) {
        const float fraction = 1.0F - 0.8F * static_cast<float>(i) / kRanges;
        const graph::QuantParams params = params_of_range(fraction * histogram.low, fraction * histogram.high);
        const double error = squared_error(histogram, params);
        if (error < lowest) {
            lowest = error;
            best = params;
        }
    }
    return best;
}

namespace {

constexpr int kMinCalibrationFrames = 16;
constexpr std::size_t kTrialFrames = 256; ///< that a rule is judged by

void check(const graph::Network& network, const QuantizeConfig& config)
{
    if (config.frames < kMinCalibrationFrames)
        throw Error{ { "too few frames for calibration", "frames", std::to_string(config.frames),
                       "at least " + std::to_string(kMinCalibrationFrames) } };
    if (!(config.outside >= 0.0 && config.outside <= 0.1))
        throw Error{ { "fraction of values outside of a range", "percentile", std::to_string(config.outside),
                       "0..0.1" } };
    if (!network.quantized.empty())
        throw Error{ { "network is quantized already", "network", "", "the float32 network" } };
    for (const std::string& node : config.keep_float)
        network.node(node);
}

/// The node whose values arrive at the last linear or conv.
std::string read_by_classifier(const graph::Network& network)
{
    const graph::Node* source = &network.node(feature_node(network));
    while (graph::hands_on_values(source->op))
        source = &network.node(source->inputs.front());
    return source->name;
}

std::vector<std::string> nodes_to_quantize(const graph::Network& network, const QuantizeConfig& config)
{
    std::vector<std::string> nodes = engine::quantizable_nodes(network);
    std::vector<std::string> kept = config.keep_float;
    kept.push_back(read_by_classifier(network));
    nodes.erase(std::remove_if(nodes.begin(), nodes.end(),
                               [&](const std::string& node) {
                                   return std::find(kept.begin(), kept.end(), node) != kept.end();
                               }),
                nodes.end());
    return nodes;
}

/// Mean over frames of the Kullback-Leibler divergence of `found` from `wanted`, logits [frames, classes].
double divergence(const at::Tensor& wanted, const at::Tensor& found)
{
    const at::Tensor log_wanted = wanted.log_softmax(1), log_found = found.log_softmax(1);
    return (log_wanted.exp() * (log_wanted - log_found)).sum(1).mean().item<double>();
}

/// The better of two rules for one node.
class RuleChoice
{
public:
    RuleChoice(const graph::Network& network, ObservedFrames frames)
        : network_(network), frames_(std::move(frames)), wanted_(logits_of(network_, frames_))
    {
    }

    QuantizedNode operator()(const std::string& node, const Histogram& histogram, double outside)
    {
        QuantizedNode best = tried(node, params_by_squared_error(histogram), "squared error");
        QuantizedNode other = tried(node, params_by_percentile(histogram, outside), "percentile");
        return other.divergence < best.divergence ? other : best;
    }

private:
    QuantizedNode tried(const std::string& node, const graph::QuantParams& params, const std::string& rule)
    {
        network_.quantized = { { node, params } };
        return { node, params, rule, divergence(wanted_, logits_of(network_, frames_)) };
    }

    graph::Network network_;
    ObservedFrames frames_;
    at::Tensor wanted_;
};

/// Pools for the maximum and shuffles keep the parameters of what they read: nothing is rounded twice, nothing
/// copied.
void take_params_of_inputs(const graph::Network& network, std::vector<QuantizedNode>& nodes)
{
    std::map<std::string, QuantizedNode*> by_name;
    for (QuantizedNode& node : nodes) {
        by_name[node.node] = &node;
        const graph::Op op = network.node(node.node).op;
        if (op != graph::Op::max_pool && op != graph::Op::channel_shuffle && op != graph::Op::position_shuffle)
            continue;
        const auto source = by_name.find(network.node(node.node).inputs.front());
        if (source == by_name.end())
            continue;
        node.params = source->second->params;
        node.rule = "as '" + source->first + "'";
        node.divergence = source->second->divergence;
    }
}

void correct_biases(const graph::Network& original, graph::Network& network, const ObservedFrames& frames)
{
    std::vector<std::string> layers;
    for (const graph::Node& node : network.nodes)
        if (node.bias && graph::quantized_input(network, node))
            layers.push_back(node.name);
    Progress progress("correct biases", std::max<int>(1, static_cast<int>(layers.size())));
    for (const std::string& layer : layers) {
        const at::Tensor error = channel_means(network, frames, layer) - channel_means(original, frames, layer);
        std::vector<float>& bias = network.tensors.at(layer + ".bias").data;
        for (std::size_t c = 0; c < bias.size(); ++c)
            bias[c] -= error[static_cast<std::int64_t>(c)].item<float>();
        progress.step_done(layer);
    }
}

} // namespace

QuantizeResult quantize(const graph::Network& network, const dataset::Dataset& dataset,
                        const QuantizeConfig& config)
{
    check(network, config);
    QuantizeResult result;
    result.network = graph::fold_batch_norm(network);
    const graph::Network folded = result.network;
    ObservedFrames frames{ dataset, draw_frames(dataset, static_cast<std::size_t>(config.frames), config.seed),
                           config.device };
    if (frames.indices.size() < kMinCalibrationFrames)
        throw Error{ { "too few training frames for calibration", "data set", std::to_string(frames.indices.size()),
                       "at least " + std::to_string(kMinCalibrationFrames) } };
    const std::vector<std::string> nodes = nodes_to_quantize(folded, config);
    const auto histograms = observe(folded, frames, nodes);

    ObservedFrames trial = frames;
    trial.indices.resize(std::min(trial.indices.size(), kTrialFrames));
    RuleChoice choose(folded, trial);
    Progress progress("choose ranges", std::max<int>(1, static_cast<int>(nodes.size())));
    for (const std::string& node : nodes) {
        result.nodes.push_back(choose(node, histograms.at(node), config.outside));
        progress.step_done(node);
    }
    take_params_of_inputs(folded, result.nodes);
    for (const QuantizedNode& node : result.nodes)
        result.network.quantized[node.node] = node.params;
    if (config.correct_biases)
        correct_biases(folded, result.network, trial);
    return result;
}

nlohmann::json to_json(const std::vector<QuantizedNode>& nodes)
{
    nlohmann::json rows = nlohmann::json::array();
    for (const QuantizedNode& node : nodes)
        rows.push_back({ { "node", node.node },
                         { "scale", node.params.scale },
                         { "zero", node.params.zero_point },
                         { "rule", node.rule },
                         { "divergence", node.divergence } });
    return rows;
}

std::string to_text(const std::vector<QuantizedNode>& nodes)
{
    std::string text = "node: scale, zero, rule, divergence with this value alone in 8 bits";
    for (const QuantizedNode& node : nodes)
        text += fmt::format("\n  {}: {:.4g}, {}, {}, {:.2g}", node.node, node.params.scale, node.params.zero_point,
                            node.rule, node.divergence);
    return text;
}

} // namespace prunedamr::prune
