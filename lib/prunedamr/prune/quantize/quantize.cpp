// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/quantize/quantize.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/progress.h"
#include "prunedamr/engine/engine.h"
#include "prunedamr/graph/quantize.h"
#include "prunedamr/graph/rewrite/rewrite.h"
#include "prunedamr/prune/consensus/features.h"
#include "prunedamr/prune/quantize/observe.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace prunedamr::prune {
namespace {

constexpr int kLeastFrames = 16;
constexpr std::size_t kTrialFrames = 256; ///< that a rule is judged by

void check(const graph::Network& network, const QuantizeConfig& config)
{
    if (config.frames < kLeastFrames)
        throw Error{ { "too few frames for calibration", "frames", std::to_string(config.frames),
                       "at least " + std::to_string(kLeastFrames) } };
    if (!(config.outside >= 0.0 && config.outside <= 0.1))
        throw Error{ { "share of values outside of a range", "percentile", std::to_string(config.outside),
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
double divergence(const torch::Tensor& wanted, const torch::Tensor& found)
{
    const torch::Tensor log_wanted = wanted.log_softmax(1), log_found = found.log_softmax(1);
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
        QuantizedNode best = tried(node, form_by_squared_error(histogram), "squared error");
        QuantizedNode other = tried(node, form_by_percentile(histogram, outside), "percentile");
        return other.divergence < best.divergence ? other : best;
    }

private:
    QuantizedNode tried(const std::string& node, const graph::QuantParams& form, const std::string& rule)
    {
        network_.quantized = { { node, form } };
        return { node, form, rule, divergence(wanted_, logits_of(network_, frames_)) };
    }

    graph::Network network_;
    ObservedFrames frames_;
    torch::Tensor wanted_;
};

/// Pools for the maximum and shuffles give the form of what they read: nothing is rounded twice, nothing copied.
void take_forms_of_inputs(const graph::Network& network, std::vector<QuantizedNode>& nodes)
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
        node.form = source->second->form;
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
        const torch::Tensor error = channel_means(network, frames, layer) - channel_means(original, frames, layer);
        std::vector<float>& bias = network.tensors.at(layer + ".bias").data;
        for (std::size_t c = 0; c < bias.size(); ++c)
            bias[c] -= error[static_cast<std::int64_t>(c)].item<float>();
        progress.step_done(layer);
    }
}

} // namespace

QuantizeResult quantize(const graph::Network& network, const dataset::Dataset& dataset, const QuantizeConfig& config)
{
    check(network, config);
    QuantizeResult result;
    result.network = graph::fold_batch_norm(network);
    const graph::Network folded = result.network;
    ObservedFrames frames{ dataset, draw_frames(dataset, static_cast<std::size_t>(config.frames), config.seed),
                           config.device };
    if (frames.indices.size() < kLeastFrames)
        throw Error{ { "too few training frames for calibration", "data set", std::to_string(frames.indices.size()),
                       "at least " + std::to_string(kLeastFrames) } };
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
    take_forms_of_inputs(folded, result.nodes);
    for (const QuantizedNode& node : result.nodes)
        result.network.quantized[node.node] = node.form;
    if (config.correct_biases)
        correct_biases(folded, result.network, trial);
    return result;
}

nlohmann::json to_json(const std::vector<QuantizedNode>& nodes)
{
    nlohmann::json rows = nlohmann::json::array();
    for (const QuantizedNode& node : nodes)
        rows.push_back({ { "node", node.node },
                         { "scale", node.form.scale },
                         { "zero", node.form.zero_point },
                         { "rule", node.rule },
                         { "divergence", node.divergence } });
    return rows;
}

std::string to_text(const std::vector<QuantizedNode>& nodes)
{
    std::string text = "node: scale, zero, rule, divergence with this value alone in 8 bits";
    for (const QuantizedNode& node : nodes)
        text += fmt::format("\n  {}: {:.4g}, {}, {}, {:.2g}", node.node, node.form.scale, node.form.zero_point,
                            node.rule, node.divergence);
    return text;
}

} // namespace prunedamr::prune
