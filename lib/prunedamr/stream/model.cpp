// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/model.h"

#include "prunedamr/base/error.h"
#include "prunedamr/engine/host_speed.h"
#include "prunedamr/model/model_file.h"
#include "prunedamr/model/model_search.h"

#include <algorithm>
#include <filesystem>

namespace prunedamr::stream {
namespace {

constexpr int kLargestBatch = 64;

void check(const ModelConfig& config)
{
    const auto& known = backends();
    if (std::find(known.begin(), known.end(), config.backend) == known.end())
        throw InvalidArgument{ { "unknown backend", "backend", config.backend, "native, onednn or torch" } };
    if (!(config.max_latency_us >= 0.0) || config.max_latency_us > 1e9)
        throw InvalidArgument{ { "value out of range", "max_latency_us", std::to_string(config.max_latency_us),
                                 "0..1e9" } };
}

Model open(const std::string& file, const std::string& backend, int max_batch)
{
    if (backend == "torch") {
        model::ModelInfo info = model::load_model_info(std::filesystem::path(file).replace_extension(".json"));
        engine::Engine engine = engine::Engine::torchscript(file, info, max_batch);
        return { std::move(info), std::move(engine) };
    }
    engine::EngineConfig config;
    config.max_batch = max_batch;
    config.backend = backend == "onednn" ? engine::Backend::onednn : engine::Backend::native;
    if (config.backend == engine::Backend::onednn)
        config.precision = engine::Precision::float32; // it has no other
    model::Model loaded = model::load_model(file);
    engine::Engine engine(loaded, config);
    return { std::move(loaded.info), std::move(engine) };
}

} // namespace

const std::vector<std::string>& backends()
{
    static const std::vector<std::string> names = { "native", "onednn", "torch" };
    return names;
}

Model open_model(const std::string& model_file, const ModelConfig& config)
{
    check(config);
    const std::string file = model::find_model(model_file);
    const bool bound = config.max_latency_us > 0.0;
    Model model = open(file, config.backend, bound ? kLargestBatch : config.max_batch);
    if (!bound)
        return model;
    const int batch = engine::best_batch(model.engine, config.max_latency_us);
    return open(file, config.backend, batch);
}

} // namespace prunedamr::stream
