// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/psr/scores.h"

#include "prunedamr/base/error.h"
#include "prunedamr/nn/graph_module.h"
#include "prunedamr/train/batches.h"

#include <ATen/ATen.h>

#include <limits>

namespace prunedamr::prune {
namespace {

constexpr int kPaperBatch = 128;
constexpr int kRunBatch = 2; // ranks as 128 does, 64 times faster

graph::Network linearized(graph::Network network)
{
    for (auto& [name, tensor] : network.tensors) {
        for (float& value : tensor.data)
            value = std::abs(value);
    }
    for (graph::Node& node : network.nodes)
        node.dropout = 0.0; // chance has no place in a score
    return network;
}

/// A network as training-free scores run it: double precision, batch norms in training mode (a fresh network has no
/// running statistics yet), no dropout; parameters ask for gradients.
nn::GraphModule scored_module(graph::Network network, const std::string& device)
{
    for (graph::Node& node : network.nodes)
        node.dropout = 0.0; // chance has no place in a score
    nn::GraphModule module(network);
    module.to(nn::device_from_name(device), at::kDouble);
    module.train();
    return module;
}

/// The batch's frames as the module takes them.
at::Tensor scored_frames(const train::Batch& batch, const std::string& device)
{
    return batch.frames.to(nn::device_from_name(device), at::kDouble);
}

/// Sum of the cross-entropies of all frames.
at::Tensor summed_loss(const at::Tensor& logits, const train::Batch& batch)
{
    return at::nll_loss(at::log_softmax(logits, 1), batch.labels.to(logits.device()), {},
                           at::Reduction::Sum);
}

/// Weights of convs and linears.
std::vector<at::Tensor> filter_weights(const nn::GraphModule& module)
{
    std::vector<at::Tensor> weights;
    for (const graph::Node& node : module.network().nodes)
        if (node.op == graph::Op::conv || node.op == graph::Op::linear)
            weights.push_back(module.tensors().at(node.name + ".weight"));
    return weights;
}

double synflow(const graph::Network& network, const train::Batch&, const std::string& device)
{
    return synflow_score(network, kRunBatch, device) * (kPaperBatch / kRunBatch);
}

} // namespace

const std::vector<TrainingFreeScore>& training_free_scores()
{
    static const std::vector<TrainingFreeScore> list = {
        { "synflow", "flow of ones through absolute weights; smallest", false, false, synflow },
        { "grad_norm", "norm of the loss gradient; largest", true, true, grad_norm_score },
        { "snip", "weight times loss gradient; largest", true, true, snip_score },
        { "fisher", "squared activation times loss gradient; largest", true, true, fisher_score },
        { "naswot", "how differently frames switch the ReLUs; largest", true, true, naswot_score },
        { "jacov", "how little the input gradients of frames correlate; largest", true, true, jacov_score },
    };
    return list;
}

const TrainingFreeScore& training_free_score(const std::string& name)
{
    std::string known;
    for (const TrainingFreeScore& score : training_free_scores()) {
        if (name == score.name)
            return score;
        known += (known.empty() ? "" : ", ") + std::string(score.name);
    }
    throw Error{ { "unknown score", "", name, known } };
}

double synflow_score(const graph::Network& network, int batch, const std::string& device)
{
    PRUNEDAMR_CHECK(batch >= 1, "batch of SynFlow");
    nn::GraphModule module(linearized(network));
    const at::Device target = nn::device_from_name(device);
    module.to(target, at::kDouble);
    module.train();
    const at::Tensor ones =
        at::ones({ batch, 2, network.length }, at::dtype(at::kDouble).device(target));
    module.forward(ones).sum().backward();
    at::NoGradGuard no_grad;
    double score = 0.0;
    for (const at::Tensor& parameter : module.parameters()) {
        if (parameter.grad().defined())
            score += (parameter * parameter.grad()).abs().sum().item<double>();
    }
    return score;
}

double grad_norm_score(const graph::Network& network, const train::Batch& batch, const std::string& device)
{
    nn::GraphModule module = scored_module(network, device);
    const at::Tensor loss = summed_loss(module.forward(scored_frames(batch, device)), batch);
    double sum = 0.0;
    for (const at::Tensor& gradient :
         nn::gradients(loss, filter_weights(module)))
        sum += gradient.defined() ? gradient.norm().item<double>() : 0.0;
    return sum / static_cast<double>(batch.frames.size(0));
}

double snip_score(const graph::Network& network, const train::Batch& batch, const std::string& device)
{
    nn::GraphModule module = scored_module(network, device);
    const at::Tensor loss = summed_loss(module.forward(scored_frames(batch, device)), batch);
    const auto weights = filter_weights(module);
    const auto gradients = nn::gradients(loss, weights);
    double sum = 0.0;
    for (std::size_t i = 0; i < weights.size(); ++i)
        sum += gradients[i].defined() ? (weights[i] * gradients[i]).abs().sum().item<double>() : 0.0;
    return sum / static_cast<double>(batch.frames.size(0));
}

double fisher_score(const graph::Network& network, const train::Batch& batch, const std::string& device)
{
    nn::GraphModule module = scored_module(network, device);
    std::vector<std::string> nodes;
    for (const graph::Node& node : network.nodes)
        if (node.op == graph::Op::conv || node.op == graph::Op::linear)
            nodes.push_back(node.name);
    std::map<std::string, at::Tensor> outputs;
    const at::Tensor loss = summed_loss(module.forward(scored_frames(batch, device), nodes, outputs), batch);
    std::vector<at::Tensor> activations;
    for (const auto& [node, output] : outputs)
        activations.push_back(output);
    const auto gradients = nn::gradients(loss, activations);
    double sum = 0.0;
    for (std::size_t i = 0; i < activations.size(); ++i)
        if (gradients[i].defined())
            sum += (activations[i] * gradients[i]).sum({ 2, 3 }).square().sum().item<double>();
    return sum / (2.0 * static_cast<double>(batch.frames.size(0)));
}

double naswot_score(const graph::Network& network, const train::Batch& batch, const std::string& device)
{
    const at::NoGradGuard no_grad;
    nn::GraphModule module = scored_module(network, device);
    std::vector<std::string> nodes;
    for (const graph::Node& node : network.nodes)
        if (node.op == graph::Op::relu)
            nodes.push_back(node.name);
    std::map<std::string, at::Tensor> outputs;
    module.forward(scored_frames(batch, device), nodes, outputs);
    const auto frames = batch.frames.size(0);
    at::Tensor kernel = at::zeros({ frames, frames }, at::kDouble);
    for (const auto& [node, output] : outputs) {
        const at::Tensor code = (output > 0).to(at::kDouble).flatten(1);
        const at::Tensor agree = code.matmul(code.t()) + (1.0 - code).matmul((1.0 - code).t());
        kernel += agree.to(at::kCPU);
    }
    return std::get<1>(at::slogdet(kernel)).item<double>();
}

double jacov_score(const graph::Network& network, const train::Batch& batch, const std::string& device)
{
    constexpr double kRidge = 1e-5;
    nn::GraphModule module = scored_module(network, device);
    const at::Tensor frames = scored_frames(batch, device).set_requires_grad(true);
    const at::Tensor rows =
        nn::gradients(module.forward(frames).sum(), { frames })[0].flatten(1).to(at::kCPU);
    const at::Tensor correlation = at::corrcoef(rows);
    if (!at::isfinite(correlation).all().item<bool>()) // a frame without gradient
        return -std::numeric_limits<double>::infinity();
    const at::Tensor eigenvalues = at::linalg_eigvalsh(correlation).clamp_min(0.0);
    return -((eigenvalues + kRidge).log() + 1.0 / (eigenvalues + kRidge)).sum().item<double>();
}

} // namespace prunedamr::prune
