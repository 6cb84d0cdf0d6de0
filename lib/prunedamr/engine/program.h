// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/engine/plan.h"
#include "prunedamr/engine/step_time.h"

#include <memory>
#include <string>

namespace prunedamr::engine {

/// A plan bound to one backend and one arena.
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
std::unique_ptr<Program> make_native_program(const Plan& plan, int max_batch);

/// What libprunedamr-torch.so offers under the name `kTorchProgram`: see `Engine::torchscript`.
using MakeTorchProgram = std::unique_ptr<Program>(const std::string& path, std::int64_t length,
                                                  std::int64_t classes, int max_batch);
inline constexpr const char* kTorchProgram = "prunedamr_torch_program";

/// Loads the plug-in if it is not there yet. Throws `Error` when it cannot be loaded.
std::unique_ptr<Program> make_torch_program(const std::string& path, std::int64_t length, std::int64_t classes,
                                            int max_batch);

/// Throws `Error` naming the node for an operation that it lacks, or when the build has no oneDNN.
std::unique_ptr<Program> make_onednn_program(const Plan& plan, int max_batch);

} // namespace prunedamr::engine
