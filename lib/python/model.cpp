// SPDX-License-Identifier: GPL-3.0-or-later
#include "python/model.h"

#include "prunedamr/model/model_search.h"
#include "prunedamr/stream/decision_accumulator.h"
#include "prunedamr/stream/model.h"
#include "python/arrays.h"

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

namespace py = pybind11;

namespace prunedamr::python {

py::object from_json(const std::string& text)
{
    return py::module_::import("json").attr("loads")(text);
}

stream::Model open_model(const std::filesystem::path& file_or_name)
{
    const std::string file = model::find_model(file_or_name); // reads the environment, which Python may change
    const py::gil_scoped_release unlocked;
    return stream::open_model(file);
}

py::array_t<float> Model::logits(const py::object& frames)
{
    const Floats in = frames_of(frames, info_.front_end.frame_length);
    py::array_t<float> out({ in.shape(0), static_cast<py::ssize_t>(info_.labels.size()) });
    const float* from = in.data();
    float* to = out.mutable_data();
    const py::gil_scoped_release unlocked;
    engines_.run(from, static_cast<std::size_t>(in.shape(0)), to);
    return out;
}

py::array_t<double> Model::probabilities(const py::object& frames)
{
    const py::array_t<float> from = logits(frames);
    py::array_t<double> out({ from.shape(0), from.shape(1) });
    const model::LogitReader reader(info_);
    for (py::ssize_t n = 0; n < from.shape(0); ++n)
        reader.probabilities(from.data(n, 0), out.mutable_data(n, 0));
    return out;
}

py::list Model::classify(const py::object& samples, const StreamOptions& options, bool one_decision,
                         std::int64_t time_ns)
{
    const Samples in = samples_of(samples);
    stream::ClassifierConfig config = config_of(options);
    if (one_decision)
        config.interval_s = static_cast<double>(in.size()) / config.sample_rate_hz;
    SignalClassifier classifier(share(), config, time_ns);
    py::list events = classifier.process(in);
    for (const py::handle event : classifier.flush())
        events.append(event);
    return events;
}

} // namespace prunedamr::python
