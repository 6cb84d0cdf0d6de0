// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/nn/torchscript.h"

#include "prunedamr/base/file.h"
#include "prunedamr/graph/rewrite/rewrite.h"
#include "prunedamr/nn/graph_module.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/frontend/tracer.h>

namespace prunedamr::nn {
namespace {

/// What one pass of two frames does, recorded; no operation depends on their number.
torch::jit::Module traced(const graph::Network& network)
{
    const at::NoGradGuard no_grad;
    GraphModule module(graph::fold_batch_norm(network));
    module.eval();
    module.use_native(false); // its kernels cannot be recorded
    for (const auto& [name, tensor] : module.tensors()) // constants cannot ask for gradients
        tensor.set_requires_grad(false);
    torch::jit::Module result("network");
    const auto [state, outputs] = torch::jit::tracer::trace(
        { at::zeros({ 2, 2, network.length }) },
        [&](torch::jit::Stack inputs) { return torch::jit::Stack{ module.forward(inputs.front().toTensor()) }; },
        [](const torch::autograd::Variable&) { return std::string(); }, /*strict=*/true, /*force_outplace=*/false,
        &result, { "frames" });
    auto* forward = result._ivalue()->compilation_unit()->create_function(
        c10::QualifiedName(*result.type()->name(), "forward"), state->graph);
    result.type()->addMethod(forward);
    result.eval();
    return result;
}

} // namespace

void save_torchscript(const graph::Network& network, const std::string& path)
{
    graph::validate(network);
    const torch::jit::Module module = traced(network);
    write_atomically(path, [&](const std::string& temporary) { module.save(temporary); });
}

} // namespace prunedamr::nn
