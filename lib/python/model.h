// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/engine/engine.h"
#include "prunedamr/stream/model.h"
#include "python/event_stream.h"

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstddef>
#include <filesystem>
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

/// Reads and compiles the model, without the interpreter's lock. Throws `Error` as `stream::open_model` does.
stream::Model open_model(const std::filesystem::path& file_or_name);

/// A model as Python sees it; its calls run without the interpreter's lock, on any number of threads at once.
/// Throws `Error` for a wrong array or an option out of its range.
class Model
{
public:
    explicit Model(stream::Model opened) : info_(std::move(opened.info)), engines_(std::move(opened.engine)) {}

    pybind11::array_t<float> logits(const pybind11::object& frames);
    pybind11::array_t<double> probabilities(const pybind11::object& frames);

    /// `one_decision`: on all samples, whatever the interval.
    pybind11::list classify(const pybind11::object& samples, const StreamOptions& options, bool one_decision,
                            std::int64_t time_ns);

    /// For a stream: another engine that shares the weights; nothing is compiled.
    stream::Model share() { return { info_, engines_.clone() }; }

    const model::ModelInfo& info() const { return info_; }
    std::string description() const { return engines_.description(); }

private:
    model::ModelInfo info_;
    EnginePool engines_;
};

/// What JSON holds as Python's own dicts, lists and numbers.
pybind11::object from_json(const std::string& text);

} // namespace prunedamr::python
