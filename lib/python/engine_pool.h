// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/engine/engine.h"

#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

namespace prunedamr::python {

/// Engines of one model that share its weights: as many as there were threads in `run` at once.
class EnginePool
{
public:
    explicit EnginePool(engine::Engine origin) : origin_(std::move(origin)) {}

    /// frames [count, 2, length] -> logits [count, classes]; any number of frames, from any thread.
    void run(const float* frames, std::size_t count, float* logits);

    /// Another one, for the caller to keep. Any thread.
    engine::Engine clone();

    std::string description() const { return origin_.description(); }

private:
    engine::Engine take();
    void give_back(engine::Engine engine);

    const engine::Engine origin_; ///< only cloned
    std::mutex mutex_;
    std::vector<engine::Engine> idle_;
};

} // namespace prunedamr::python
