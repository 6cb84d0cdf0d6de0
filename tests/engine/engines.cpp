// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/engine/engines.h"

#include "prunedamr/base/error.h"
#include "prunedamr/engine/kernels/kernels.h"
#include "tests/graph/networks.h"
#include "tests/graph/quantized_networks.h"

#include <algorithm>
#include <cstdlib>

namespace prunedamr::test {
namespace {

bool runs_here(const std::string& isa)
{
    // Of float32 networks the kernels of some instruction sets are the same.
    const auto network = graph::quantized(graph::depthwise_net(), 1);
    return make_engine(network, { engine::Backend::native, isa }, 1).description() == "native " + isa + ", int8";
}

bool has_onednn()
{
    try {
        make_engine(zoo_network("amr_s", 64), { engine::Backend::onednn, "" }, 1);
        return true;
    } catch (const Error&) {
        return false;
    }
}

engine::EngineConfig config_of(const Way& way, int max_batch)
{
    engine::EngineConfig config;
    config.backend = way.backend;
    config.max_batch = max_batch;
    return config;
}

} // namespace

IsaLimit::IsaLimit(const std::string& isa)
{
    if (const char* value = std::getenv("PRUNEDAMR_ISA"))
        before_ = value;
    setenv("PRUNEDAMR_ISA", isa.c_str(), 1);
}

IsaLimit::~IsaLimit()
{
    if (before_)
        setenv("PRUNEDAMR_ISA", before_->c_str(), 1);
    else
        unsetenv("PRUNEDAMR_ISA");
}

std::vector<Way> native_ways()
{
    std::vector<Way> found;
    for (const std::string& isa : engine::instruction_sets())
        if (runs_here(isa))
            found.push_back({ engine::Backend::native, isa });
    return found;
}

std::vector<Way> ways()
{
    std::vector<Way> found = native_ways();
    if (has_onednn())
        found.push_back({ engine::Backend::onednn, "" });
    return found;
}

std::string to_string(const Way& way)
{
    return way.backend == engine::Backend::onednn ? "oneDNN" : "native " + way.isa;
}

engine::Engine make_engine(const graph::Network& network, const Way& way, int max_batch)
{
    const IsaLimit limit(way.isa);
    return engine::Engine(network, config_of(way, max_batch));
}

engine::Engine make_engine(const model::Model& model, const Way& way, int max_batch)
{
    const IsaLimit limit(way.isa);
    return engine::Engine(model, config_of(way, max_batch));
}

graph::Network zoo_network(const std::string& arch, int length)
{
    auto network = graph::make_network(graph::zoo_config(arch, length, 11));
    graph::randomize(network, 5);
    return network;
}

std::vector<float> logits_of(engine::Engine& engine, const std::vector<float>& frames, int batch)
{
    const auto frame_floats = static_cast<std::size_t>(2 * engine.length());
    const int count = static_cast<int>(frames.size() / frame_floats);
    std::vector<float> logits(static_cast<std::size_t>(count * engine.classes()));
    for (int first = 0; first < count; first += batch)
        engine.run(frames.data() + first * frame_floats, std::min(batch, count - first),
                   logits.data() + first * engine.classes());
    return logits;
}

std::vector<float> repeated(const std::vector<float>& frames, std::size_t frame_floats, int count)
{
    std::vector<float> all(frame_floats * static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i] = frames[i % frames.size()];
    return all;
}

} // namespace prunedamr::test
