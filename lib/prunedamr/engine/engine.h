// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/graph/network.h"
#include "prunedamr/model/model.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace prunedamr::engine {

/// The implementation that runs a compiled network.
enum class Backend {
    native, ///< kernels of this project (AVX-512, AVX2, NEON or portable, chosen at run time): no allocation, no
            ///< lock
    onednn, ///< oneDNN primitives, loaded from libprunedamr-onednn.so; they allocate a few small blocks per call
};

/// The precision of a network that has quantized values (`graph::Network::quantized`).
enum class Precision {
    as_model, ///< those values in int8, the rest in float32
    float32,  ///< everything in float32
};

struct EngineConfig {
    Backend backend = Backend::native;
    Precision precision = Precision::as_model;
    int max_batch = 64; ///< frames per `run`, 1..1024
    bool self_check =
        true; ///< of a model: replay its golden vector after compiling, unless `precision` is not that of the model
};

/// The time of one step of a compiled network.
struct StepTime {
    std::string node;      ///< of the network; of several fused ones the one that computes most
    std::string op;        ///< "conv", "add", ...; "convert" for a conversion between float32 and int8
    bool int8 = false;     ///< multiplies int8
    std::int64_t macs = 0; ///< multiply-accumulates, all frames
    double us = 0.0;       ///< median
};

/// A network compiled once into a static graph: batch norms folded, activations and shortcut adds fused,
/// layouts chosen and weights reordered, one arena for activations. Uses one core: the thread that calls.
/// One engine per thread; engines made from one another with `clone` share their weights.
class PRUNEDAMR_API Engine
{
public:
    /// Throws `Error` for an invalid network, naming the node for an operation that the backend cannot run, for a
    /// backend that this build does not have, for a quantized network on oneDNN, which computes in float32 only,
    /// and for a `max_batch` out of range. PRUNEDAMR_ISA=portable|avx2|avx-vnni|avx512|avx512-vnni (x86)
    /// or portable|neon|neon-dotprod|neon-i8mm (arm64) in the environment limits the instruction set of the native
    /// backend; another value is an `Error`.
    explicit Engine(const graph::Network& network, const EngineConfig& config = {});

    /// The same for a model, whose golden vector is replayed too: throws `Error` when this self-check fails.
    explicit Engine(const model::Model& model, const EngineConfig& config = {});
    ~Engine();
    Engine(Engine&&) noexcept;
    Engine& operator=(Engine&&) noexcept;

    /// frames [batch, 2, length] float32 -> logits [batch, classes]; 1 <= batch <= max_batch.
    /// Throws nothing; the same input gives the same bits. The native backend allocates nothing and locks nothing.
    /// Denormal numbers count as zero.
    void run(const float* frames, int batch, float* logits) noexcept;

    /// The module of a TorchScript file, run by LibTorch: float32 [batch, 2, length] -> [batch, classes]. `info`
    /// gives length and number of classes. The plug-in libprunedamr-torch.so, beside
    /// this library, is loaded on the first call. LibTorch allocates and locks as it likes; it computes on one
    /// core. Throws `Error` when there is no plug-in, for a file that is no TorchScript, and for a module that
    /// cannot take such frames or answers in another shape. A module that fails later gives NaN for logits.
    static Engine torchscript(const std::string& path, const model::ModelInfo& info, int max_batch);

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

/// Nodes whose output an engine can hold in int8, in network order: the candidates for `Network::quantized` of a
/// calibration. Batch norms count as folded. Frames, logits and what only a sigmoid reads are not among them. Max
/// pools, shuffles and parts of a concat cost least with the parameters of what they read. Throws `Error` for an
/// invalid network.
PRUNEDAMR_API std::vector<std::string> quantizable_nodes(const graph::Network& network);

} // namespace prunedamr::engine
