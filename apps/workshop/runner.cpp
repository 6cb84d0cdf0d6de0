// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/workshop/runner.h"

#include "prunedamr/engine/engine.h"

#include <memory>

namespace prunedamr::workshop {

std::vector<std::string> backends()
{
    return { "engine", "float32", "onednn", "torch" };
}

std::string precision_of(const graph::Network& network, const std::string& backend)
{
    return backend == "engine" && !network.quantised.empty() ? "int8" : "float32";
}

Runner make_runner(const graph::Network& network, const std::string& backend, int max_batch)
{
    if (backend == "torch")
        return make_torch_runner(network, max_batch);
    engine::EngineConfig config;
    config.max_batch = max_batch;
    config.backend = backend == "onednn" ? engine::Backend::onednn : engine::Backend::native;
    config.precision = backend == "engine" ? engine::Precision::as_model : engine::Precision::float32;
    auto compiled = std::make_shared<engine::Engine>(network, config);
    return [compiled](const float* frames, int batch, float* logits) { compiled->run(frames, batch, logits); };
}

} // namespace prunedamr::workshop
