// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/engine.h"

#include "prunedamr/base/error.h"
#include "prunedamr/engine/program.h"
#include "prunedamr/model/model_file.h"
#include "prunedamr/graph/reference.h"

#include <fmt/format.h>

#include <cstdint>

#ifdef __SSE__
#include <xmmintrin.h>
#endif

namespace prunedamr::engine {

struct Engine::Impl {
    std::unique_ptr<Program> program;
    int max_batch = 1;
    std::int64_t length = 0;
    std::int64_t classes = 0;
};

namespace {

/// While it lives, this thread flushes denormals (below 1.2e-38) to zero, as operands and as results. Denormals,
/// e.g. from a closed sigmoid gate or from silence, slow some CPUs down. Restores the previous mode.
class FlushDenormals
{
public:
    FlushDenormals() : before_(mode()) { set_mode(before_ | kFlush); }
    ~FlushDenormals() { set_mode(before_); }
    FlushDenormals(const FlushDenormals&) = delete;
    FlushDenormals& operator=(const FlushDenormals&) = delete;

private:
#if defined(__SSE__)
    static constexpr std::uint64_t kFlush = 0x8040; // FTZ and DAZ
    static std::uint64_t mode()
    {
        return _mm_getcsr();
    }
    static void set_mode(std::uint64_t mode)
    {
        _mm_setcsr(static_cast<unsigned>(mode));
    }
#elif defined(__aarch64__)
    static constexpr std::uint64_t kFlush = 1U << 24; // FZ
    static std::uint64_t mode()
    {
        std::uint64_t found;
        asm volatile("mrs %0, fpcr" : "=r"(found));
        return found;
    }
    static void set_mode(std::uint64_t mode)
    {
        asm volatile("msr fpcr, %0" : : "r"(mode));
    }
#else
    static constexpr std::uint64_t kFlush = 0;
    static std::uint64_t mode()
    {
        return 0;
    }
    static void set_mode(std::uint64_t) {}
#endif

    std::uint64_t before_; ///< control register of the processor
};

constexpr int kLargestBatch = 1024;

/// For a quantized network: where float32 stands before a rounding to 8 bits, another order of its sums now and
/// then rounds a value the other way, and what follows differs as two roundings differ.
constexpr double kRoundingTolerance = 0.05;

std::unique_ptr<Program> make_program(const graph::Network& network, const EngineConfig& config)
{
    if (config.backend == Backend::native)
        return make_native_program(compile_graph(network), config.max_batch);
    if (!network.quantized.empty())
        throw Error{ { "the oneDNN backend computes in float32 only", "network", "values in 8 bits",
                       "the native backend, or precision float32" } };
    return make_onednn_program(compile_graph(network), config.max_batch);
}

void check_batch(int max_batch)
{
    if (max_batch < 1 || max_batch > kLargestBatch)
        throw Error{ { "frames per run out of range", "max_batch", std::to_string(max_batch), "1..1024" } };
}

bool is_of_other_precision(const graph::Network& network, const EngineConfig& config)
{
    return config.precision == Precision::float32 && !network.quantized.empty();
}

void check_golden(const model::Model& model, Program& program)
{
    const model::Golden& golden = model.golden;
    if (golden.input.empty())
        return;
    const double tolerance = model.network.quantized.empty() ? model::kGoldenTolerance : kRoundingTolerance;
    std::vector<float> logits(golden.logits.size());
    program.run(golden.input.data(), 1, logits.data());
    const double error = graph::relative_error(golden.logits, logits);
    if (error <= tolerance)
        return;
    throw Error{ { "compiled network does not reproduce its golden vector (" + program.description() + ")",
                   model.info.name, fmt::format("relative error {:.3g}", error),
                   fmt::format("at most {:.3g}", tolerance) } };
}

} // namespace

Engine::Engine(const graph::Network& network, const EngineConfig& config) : impl_(std::make_unique<Impl>())
{
    check_batch(config.max_batch);
    graph::validate(network);
    if (is_of_other_precision(network, config)) {
        graph::Network plain = network;
        plain.quantized.clear();
        impl_->program = make_program(plain, config);
    } else {
        impl_->program = make_program(network, config);
    }
    impl_->max_batch = config.max_batch;
    impl_->length = network.length;
    impl_->classes = network.classes();
}

Engine::Engine(const model::Model& model, const EngineConfig& config) : Engine(model.network, config)
{
    model::validate(model);
    if (config.self_check && !is_of_other_precision(model.network, config))
        check_golden(model, *impl_->program);
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine Engine::torchscript(const std::string& path, const model::ModelInfo& info, int max_batch)
{
    check_batch(max_batch);
    auto impl = std::make_unique<Impl>();
    impl->max_batch = max_batch;
    impl->length = info.front_end.frame_length;
    impl->classes = static_cast<std::int64_t>(info.labels.size());
    impl->program = make_torch_program(path, impl->length, impl->classes, max_batch);
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
