// SPDX-License-Identifier: GPL-3.0-or-later
#include "python/model.h"

#include "python/arrays.h"

#include "prunedamr/graph/model_file.h"
#include "prunedamr/stream/classifier.h"
#include "prunedamr/stream/vote.h"

#include <algorithm>
#include <vector>

namespace py = pybind11;

namespace prunedamr::python {
namespace {

constexpr std::size_t kSamplesPerCheck = 1 << 20; ///< between two looks for Ctrl-C

stream::ClassifierConfig classifier_config(const ClassifyOptions& options, std::size_t samples)
{
    stream::ClassifierConfig config;
    config.source = options.source;
    config.sample_rate_hz = options.sample_rate_hz;
    config.center_freq_hz = options.center_freq_hz;
    config.min_confidence = options.min_confidence;
    stream::check(config); // first, so that a bad rate is not taken for a bad interval
    config.interval_samples =
        options.interval_s ? stream::interval_samples(*options.interval_s, options.sample_rate_hz) : samples;
    return config;
}

} // namespace

py::object from_json(const std::string& text)
{
    return py::module_::import("json").attr("loads")(text);
}

Model::Model(const std::filesystem::path& file) : network_(graph::load_model(file)), engines_(network_) {}

py::array_t<float> Model::logits(const py::object& frames)
{
    const Floats in = frames_of(frames, network_.length());
    py::array_t<float> out({ in.shape(0), static_cast<py::ssize_t>(network_.classes()) });
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
    const graph::LogitReader reader(network_);
    for (py::ssize_t n = 0; n < from.shape(0); ++n)
        reader.probabilities(from.data(n, 0), out.mutable_data(n, 0));
    return out;
}

py::list Model::classify(const py::object& samples, const ClassifyOptions& options) const
{
    const Samples in = samples_of(samples);
    const auto count = static_cast<std::size_t>(in.size());
    const std::complex<float>* from = in.data();
    const auto config = classifier_config(options, count);
    std::vector<stream::LabelEvent> events;
    {
        const py::gil_scoped_release unlocked;
        stream::Classifier classifier(network_, config,
                                      [&events](const stream::LabelEvent& event) { events.push_back(event); });
        classifier.set_time(0, options.time_ns, stream::TimeSource::file);
        for (std::size_t done = 0; done < count;) {
            const std::size_t piece = std::min(count - done, kSamplesPerCheck);
            classifier.process(from + done, piece);
            done += piece;
            const py::gil_scoped_acquire locked;
            if (PyErr_CheckSignals() != 0)
                throw py::error_already_set();
        }
        classifier.flush();
    }
    py::list result;
    for (const auto& event : events)
        result.append(from_json(stream::to_json_line(event)));
    return result;
}

} // namespace prunedamr::python
