// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/engine.h"

#include "prunedamr/base/error.h"
#include "prunedamr/engine/flush_denormals.h"
#include "prunedamr/engine/program.h"
#include "prunedamr/graph/model_file.h"
#include "prunedamr/graph/reference.h"

#include <cstdio>

namespace prunedamr::engine {

struct Engine::Impl {
    std::unique_ptr<Program> program;
    int max_batch = 1;
    std::int64_t length = 0;
    std::int64_t classes = 0;
};

namespace {

constexpr int kLargestBatch = 1024;

/// For a quantised network: where float32 stands before a rounding to 8 bits, another order of its sums now and
/// then rounds a value the other way, and what follows differs as two roundings differ.
constexpr double kRoundingTolerance = 0.05;

std::unique_ptr<Program> make_program(const graph::Network& network, const EngineConfig& config)
{
    if (config.backend == Backend::native)
        return make_native_program(make_plan(network), config.max_batch);
    if (!network.quantised.empty())
        throw Error{ { "the oneDNN backend computes in float32 only", "network '" + network.name + "'",
                       "values in 8 bits", "the native backend, or precision float32" } };
    return make_onednn_program(make_plan(network), config.max_batch);
}

void check_batch(int max_batch)
{
    if (max_batch < 1 || max_batch > kLargestBatch)
        throw Error{ { "frames per run out of range", "max_batch", std::to_string(max_batch), "1..1024" } };
}

void check_golden(const graph::Network& network, Program& program)
{
    if (network.golden.input.empty())
        return;
    const double tolerance = network.quantised.empty() ? graph::kGoldenTolerance : kRoundingTolerance;
    std::vector<float> logits(network.golden.logits.size());
    program.run(network.golden.input.data(), 1, logits.data());
    const double error = graph::relative_error(network.golden.logits, logits);
    if (error <= tolerance)
        return;
    char found[32], expected[32];
    std::snprintf(found, sizeof found, "relative error %.3g", error);
    std::snprintf(expected, sizeof expected, "at most %.3g", tolerance);
    throw Error{ { "compiled network does not reproduce its golden vector (" + program.description() + ")",
                   network.name, found, expected } };
}

} // namespace

Engine::Engine(const graph::Network& network, const EngineConfig& config) : impl_(std::make_unique<Impl>())
{
    check_batch(config.max_batch);
    graph::validate(network);
    const bool other_precision = config.precision == Precision::float32 && !network.quantised.empty();
    if (other_precision) {
        graph::Network plain = network;
        plain.quantised.clear();
        impl_->program = make_program(plain, config);
    } else {
        impl_->program = make_program(network, config);
    }
    impl_->max_batch = config.max_batch;
    impl_->length = network.length();
    impl_->classes = network.classes();
    if (config.self_check && !other_precision)
        check_golden(network, *impl_->program);
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine Engine::torchscript(const std::string& path, const graph::Network& facts, int max_batch)
{
    check_batch(max_batch);
    auto impl = std::make_unique<Impl>();
    impl->program = make_torch_program(path, facts.length(), facts.classes(), max_batch);
    impl->max_batch = max_batch;
    impl->length = facts.length();
    impl->classes = facts.classes();
    return Engine(std::move(impl));
}

Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

void Engine::run(const float* frames, int batch, float* logits) noexcept
{
    PRUNEDAMR_CHECK(batch >= 1 && batch <= impl_->max_batch, "batch must be 1..max_batch");
    const FlushDenormals mode;
    impl_->program->run(frames, batch, logits);
}

Engine Engine::clone() const
{
    auto impl = std::make_unique<Impl>();
    impl->program = impl_->program->clone();
    impl->max_batch = impl_->max_batch;
    impl->length = impl_->length;
    impl->classes = impl_->classes;
    return Engine(std::move(impl));
}

std::vector<StepTime> Engine::profile(const float* frames, int batch, int repetitions)
{
    PRUNEDAMR_CHECK(batch >= 1 && batch <= impl_->max_batch, "batch must be 1..max_batch");
    PRUNEDAMR_CHECK(repetitions >= 1, "at least one repetition");
    const FlushDenormals mode;
    return impl_->program->profile(frames, batch, repetitions);
}

int Engine::max_batch() const
{
    return impl_->max_batch;
}
std::int64_t Engine::length() const
{
    return impl_->length;
}
std::int64_t Engine::classes() const
{
    return impl_->classes;
}
std::string Engine::description() const
{
    return impl_->program->description();
}

} // namespace prunedamr::engine
