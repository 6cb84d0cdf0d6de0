// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr/runner.h"

namespace prunedamr::tool {

std::vector<std::string> backends()
{
    return { "engine", "float32", "onednn", "torch" };
}

std::string precision_of(const model::Model& model, const std::string& backend)
{
    return backend == "engine" && !model.network.quantized.empty() ? "int8" : "float32";
}

metrics::Runner make_runner(const model::Model& model, const std::string& backend, int max_batch)
{
    if (backend == "torch")
        return make_torch_runner(model, max_batch);
    engine::EngineConfig config;
    config.max_batch = max_batch;
    config.backend = backend == "onednn" ? engine::Backend::onednn : engine::Backend::native;
    config.precision = backend == "engine" ? engine::Precision::as_model : engine::Precision::float32;
    return metrics::engine_runner(model, config);
}

} // namespace prunedamr::tool
