// SPDX-License-Identifier: GPL-3.0-or-later
#include "python/engine_pool.h"

#include <algorithm>

namespace prunedamr::python {

void EnginePool::run(const float* frames, std::size_t count, float* logits)
{
    engine::Engine engine = take();
    const auto frame_floats = static_cast<std::size_t>(2 * engine.length());
    const auto classes = static_cast<std::size_t>(engine.classes());
    for (std::size_t done = 0; done < count;) {
        const std::size_t batch = std::min(count - done, static_cast<std::size_t>(engine.max_batch()));
        engine.run(frames + done * frame_floats, static_cast<int>(batch), logits + done * classes);
        done += batch;
    }
    give_back(std::move(engine));
}

engine::Engine EnginePool::clone()
{
    const std::lock_guard<std::mutex> guard(mutex_);
    return origin_.clone();
}

engine::Engine EnginePool::take()
{
    const std::lock_guard<std::mutex> guard(mutex_);
    if (idle_.empty())
        return origin_.clone();
    engine::Engine engine = std::move(idle_.back());
    idle_.pop_back();
    return engine;
}

void EnginePool::give_back(engine::Engine engine)
{
    const std::lock_guard<std::mutex> guard(mutex_);
    idle_.push_back(std::move(engine));
}

} // namespace prunedamr::python
