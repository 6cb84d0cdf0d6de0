// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/engine/step_time.h"
#include "prunedamr/graph/network.h"

#include <memory>
#include <string>
#include <vector>

namespace prunedamr::engine {

/// Who does the arithmetic of a compiled plan.
enum class Backend {
    native, ///< kernels of this project (AVX-512, AVX2 or portable, chosen at run time): no allocation, no lock
    onednn, ///< oneDNN primitives; oneDNN itself allocates a few small blocks per primitive call
};

/// In what a network is computed whose values are quantised (`graph::Network::quantised`).
enum class Precision {
    as_model, ///< those values in 8 bits, the rest in float32
    float32,  ///< all in float32
};

struct EngineConfig {
    Backend backend = Backend::native;
    Precision precision = Precision::as_model;
    int max_batch = 64; ///< frames per `run`, 1..1024
    bool self_check =
        true; ///< replay the golden vector after compiling, unless `precision` is not that of the model
};

/// A network compiled once into a static plan: batch norms folded, activations and shortcut adds fused,
/// layouts chosen and weights reordered, one arena for activations. Uses one core: the thread that calls.
/// One engine per thread; engines made from one another with `clone` share their weights.
class Engine
{
public:
    /// Throws `Error` for an invalid network, naming the node for an operation that the backend cannot run, when
    /// the self-check fails, for a backend that this build does not have, for a quantised network on oneDNN, which
    /// computes in float32 only, and for a `max_batch` out of range.
    /// PRUNEDAMR_ISA=portable|avx2|avx512|avx512-vnni (x86) or portable|neon|neon-dotprod (arm64) in the
    /// environment limits the instruction set of the native backend; another value is an `Error`.
    explicit Engine(const graph::Network& network, const EngineConfig& config = {});
    ~Engine();
    Engine(Engine&&) noexcept;
    Engine& operator=(Engine&&) noexcept;

    /// frames [batch, 2, length] float32 -> logits [batch, classes]; 1 <= batch <= max_batch.
    /// Throws nothing; the same input gives the same bits. The native backend allocates nothing and locks nothing.
    /// Denormal numbers count as zero.
    void run(const float* frames, int batch, float* logits) noexcept;

    /// The module of a TorchScript file, run by LibTorch: float32 [batch, 2, length] -> [batch, classes]. `facts`
    /// says what a receiver must know of it (`graph/receiver_facts.h`). The plug-in libprunedamr-torch.so, beside
    /// this library, is loaded on the first call. LibTorch allocates and locks as it likes; it computes on one
    /// core. Throws `Error` when there is no plug-in, for a file that is no TorchScript, and for a module that
    /// cannot take such frames or answers in another shape. A module that fails later gives NaN for logits.
    static Engine torchscript(const std::string& path, const graph::Network& facts, int max_batch);

    /// Another engine for another thread that shares this one's weights and compiled primitives.
    Engine clone() const;

    /// Times every step, in the order in which they run; those of the native backend only (else throws `Error`).
    /// Each is repeated in place within one of `repetitions` passes over the network: its time is that of warm
    /// caches, and their sum is less than what `run` takes. Allocates. `frames` and `batch` as in `run`, but no
    /// more frames than one pass carries (`StepTime::macs` tells how many those are).
    std::vector<StepTime> profile(const float* frames, int batch, int repetitions);

    int max_batch() const;
    std::int64_t length() const;
    std::int64_t classes() const;

    /// One line for logs: library version or instruction set, and precision
    /// ("native avx512-vnni, int8", "native avx512, float32", "oneDNN 2.6.3, float32", "LibTorch 1.13.1,
    /// TorchScript").
    std::string description() const;

private:
    struct Impl;
    explicit Engine(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace prunedamr::engine
