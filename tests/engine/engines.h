// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/engine/engine.h"

#include <optional>
#include <string>
#include <vector>

namespace prunedamr::test {

/// Sets PRUNEDAMR_ISA while it lives.
class IsaLimit
{
public:
    explicit IsaLimit(const std::string& isa);
    ~IsaLimit();
    IsaLimit(const IsaLimit&) = delete;
    IsaLimit& operator=(const IsaLimit&) = delete;

private:
    std::optional<std::string> before_;
};

/// One way to carry out a network on this machine.
struct Way {
    engine::Backend backend;
    std::string isa; ///< of the native backend
};

/// Native with every instruction set of this processor; oneDNN if the build has it.
std::vector<Way> ways();
std::vector<Way> native_ways();
std::string to_string(const Way& way);

engine::Engine make_engine(const graph::Network& network, const Way& way, int max_batch = 64);
engine::Engine make_engine(const model::Model& model, const Way& way, int max_batch = 64);

/// A network of the zoo with random norms, for frames of `length`.
graph::Network zoo_network(const std::string& arch, int length);

/// Logits of `frames` [n, 2, length], `batch` frames per run.
std::vector<float> logits_of(engine::Engine& engine, const std::vector<float>& frames, int batch);

/// `count` frames: those of `frames` over and over.
std::vector<float> repeated(const std::vector<float>& frames, std::size_t frame_floats, int count);

} // namespace prunedamr::test
