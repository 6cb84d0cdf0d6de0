// SPDX-License-Identifier: GPL-3.0-or-later
#include "runner.h"

#include "prunedamr/graph/rewrite.h"
#include "prunedamr/nn/graph_module.h"

#include <algorithm>
#include <memory>

namespace prunedamr::workshop {

Runner make_torch_runner(const graph::Network& network)
{
    torch::set_num_threads(1);
    auto module = std::make_shared<nn::GraphModule>(graph::fold_batch_norm(network));
    module->eval();
    const std::int64_t length = network.length();
    return [module, length](const float* frames, int batch, float* logits) {
        const torch::InferenceMode no_gradient;
        const auto input = torch::from_blob(const_cast<float*>(frames), { batch, 2, length }, torch::kFloat32);
        const auto output = module->forward(input).contiguous();
        std::copy_n(output.data_ptr<float>(), output.numel(), logits);
    };
}

} // namespace prunedamr::workshop
