// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/engine/compiled_graph.h"
#include "prunedamr/engine/engine.h"

#include <cstdint>
#include <memory>
#include <string>

namespace prunedamr::engine {

/// A network bound to one backend and one arena.
class Program
{
public:
    virtual ~Program() = default;

    /// frames [batch, 2, length] -> logits [batch, classes]; 1 <= batch <= max_batch. NaN where the program failed.
    virtual void run(const float* frames, int batch, float* logits) noexcept = 0;

    /// The same program with an arena of its own; what is constant is shared.
    virtual std::unique_ptr<Program> clone() const = 0;

    virtual std::string description() const = 0;

    /// As `Engine::profile`. Throws `Error` for a backend that has no steps of its own to time.
    virtual std::vector<StepTime> profile(const float* frames, int batch, int repetitions) = 0;
};

/// Throws `Error` for an unknown PRUNEDAMR_ISA.
std::unique_ptr<Program> make_native_program(const CompiledGraph& graph, int max_batch);

// Backends whose libraries are large are plug-ins, libprunedamr-<name>.so beside libprunedamr.so: loaded on first
// use, for the life of the process.

/// Makes a program from a TorchScript file: see `Engine::torchscript`.
using MakeTorchProgram = std::unique_ptr<Program>(const std::string& path, std::int64_t length,
                                                  std::int64_t classes, int max_batch);
/// Throws `Error` naming the node for an operation that oneDNN lacks.
using MakeOnednnProgram = std::unique_ptr<Program>(const CompiledGraph& graph, int max_batch);

/// What a plug-in exports, as a constant with C linkage named `kPluginSymbol`. The first two members stay as they
/// are in every version; the rest may be used only when both are those of this build, because C++ classes pass
/// between the two.
struct Plugin {
    std::uint32_t abi;   ///< `kPluginAbi` of the plug-in's build
    const char* version; ///< `kVersion` of the plug-in's build
    MakeTorchProgram* make_torch;
    MakeOnednnProgram* make_onednn;
};
inline constexpr const char* kPluginSymbol = "prunedamr_plugin";

/// To be raised with every change of `Program`, `StepTime`, `CompiledGraph` or `Plugin`.
inline constexpr std::uint32_t kPluginAbi = 1;

/// The plug-in at `path`, loaded for the life of the process. Throws `Error` naming it when it cannot be loaded
/// (`problem` and `expected` say what that means), is no plug-in, or is of another build.
const Plugin& load_plugin(const std::string& path, const char* problem, const char* expected);

/// Both load their plug-in first if it is not there yet, and throw `Error` as `load_plugin` does.
std::unique_ptr<Program> make_torch_program(const std::string& path, std::int64_t length, std::int64_t classes,
                                            int max_batch);
std::unique_ptr<Program> make_onednn_program(const CompiledGraph& graph, int max_batch);

} // namespace prunedamr::engine
