// SPDX-License-Identifier: GPL-3.0-or-later
#include "python/bindings.h"

#include "python/event_stream.h"
#include "python/model.h"

#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <variant>

namespace py = pybind11;

namespace prunedamr::python {
namespace {

std::string stats_text()
{
    std::string text = "Counts since the start: a dict of";
    stream::visit_stats([&](const std::string& name, auto, const std::string& meaning) {
        text += "\n- " + name + ": " + meaning;
    });
    return text;
}

constexpr const char* kSignalText = R"(Labels of one signal that somebody has tuned to, as its samples arrive.

    classifier = prunedamr.SignalClassifier("onair-s", sample_rate_hz=1e6)
    for samples in chunks:
        for event in classifier.process(samples):
            print(event["label"], event["confidence"])

The same samples give the same events, however they are cut into calls. Threads may share one: their calls take turns.
)";

constexpr const char* kStreamArguments =
    R"(model: a Model (the weights are shared), a .safetensors file, or the name of an installed model.
sample_rate_hz: 1e-3..1e12. interval_s: seconds per decision; 0: the shortest. center_freq_hz: the tuned frequency.
source: name in the events, 1..48 bytes. time_ns: of the first sample, since 1970-01-01 UTC, None: the system's time
of the first call. min_confidence: below it a signal is unknown, 0..1, None: the model's own. live: when computing
falls behind the samples by more than max_lag_s, some are left out and counted in dropped_frames. measure: decisions are
proven by measurement, and events hold the numbers; evidence: the points, too.
)";

constexpr const char* kBandText = R"(Labels of every emission in a band, as its samples arrive.

A burst gives one event, from its start to its end, and what lasts one event per interval, rounded up to whole epochs of
the detector (about a second, 2^14 samples at least): its center_freq_hz and bandwidth_hz are those of the emission,
sample_rate_hz is that of the input. An interval without any gives one noise event for the whole band. The same samples give the same events,
however they are cut into calls. Threads may share one: their calls take turns.
)";

constexpr const char* kProcessText =
    R"(Takes the next samples; returns the events that they complete, a list of dicts.

samples: complex [n], full scale is 1; any number of them. Contiguous complex64 is not copied. Releases the GIL.
)";

constexpr const char* kFlushText =
    R"(End of the stream: decides on what is left, if that is enough, and returns the events.

Samples that follow begin the next interval.
)";

constexpr const char* kTimeText = R"(Time of sample `sample_index`, counted from the start of the stream.

time_ns: since 1970-01-01 UTC. time_source: hw, system or file. Holds from the next interval on.
)";

constexpr const char* kSetModelText =
    R"(Goes over to another model after the present interval, without losing a sample.

model: as for the constructor. Where it cannot be loaded, the present one goes on.
)";

constexpr const char* kBurstText =
    R"(One event for one burst of any length, apart from the stream; None if it is too short.

Its sample_start counts the samples of bursts, its time is that of the call.
)";

/// A model that is open already, or what `open_model` takes.
using ModelChoice = std::variant<std::shared_ptr<Model>, std::filesystem::path>;

stream::Model model_of(const ModelChoice& choice)
{
    if (const auto* model = std::get_if<std::shared_ptr<Model>>(&choice))
        return (*model)->share();
    return open_model(std::get<std::filesystem::path>(choice));
}

void bind_event_stream(py::module_& module)
{
    py::class_<EventStream>(module, "_EventStream", "What SignalClassifier and WidebandScanner share.")
        .def("process", &EventStream::process, py::arg("samples"), kProcessText)
        .def("flush", &EventStream::flush, kFlushText)
        .def("set_time", &EventStream::set_time, py::arg("sample_index"), py::arg("time_ns"),
             py::arg("time_source") = "system", kTimeText)
        .def("set_center_freq_hz", &EventStream::set_center_freq_hz, py::arg("center_freq_hz"),
             "The tuned frequency from the next interval on.")
        .def(
            "set_model", [](EventStream& stream, const ModelChoice& model) { stream.set_model(model_of(model)); },
            py::arg("model").none(false), kSetModelText)
        .def("revert_model", &EventStream::revert_model,
             "Goes back to the model before the present one; False when there is none.")
        .def("count_overflow", &EventStream::count_overflow,
             "Counts an overflow that the source reported; events carry the sum.")
        .def_property_readonly("stats", &EventStream::stats,
                               stats_text().c_str())
        .def_property_readonly("description", &EventStream::description,
                               "The present model, instruction set, precision and frames per call.");
}

void bind_signal_classifier(py::module_& module)
{
    const StreamOptions usual;
    py::class_<SignalClassifier, EventStream>(module, "SignalClassifier", kSignalText)
        .def(py::init([](const ModelChoice& model, double sample_rate_hz, double interval_s, double center_freq_hz,
                         const std::string& source, StartTime time_ns, std::optional<double> min_confidence,
                         bool live, double max_lag_s, bool measure, bool evidence) {
                 auto config = config_of(
                     { sample_rate_hz, interval_s, center_freq_hz, source, min_confidence, live, max_lag_s });
                 config.measure = measure;
                 config.evidence = evidence;
                 return std::make_unique<SignalClassifier>(model_of(model), config, time_ns);
             }),
             py::arg("model").none(false), py::arg("sample_rate_hz"), py::kw_only(),
             py::arg("interval_s") = usual.interval_s, py::arg("center_freq_hz") = usual.center_freq_hz,
             py::arg("source") = usual.source, py::arg("time_ns") = py::none(),
             py::arg("min_confidence") = py::none(), py::arg("live") = usual.live,
             py::arg("max_lag_s") = usual.max_lag_s, py::arg("measure") = true, py::arg("evidence") = false,
             kStreamArguments)
        .def("classify_burst", &SignalClassifier::classify_burst, py::arg("samples"), kBurstText);
}

void bind_wideband_scanner(py::module_& module)
{
    const StreamOptions usual;
    py::class_<WidebandScanner, EventStream>(module, "WidebandScanner", kBandText)
        .def(py::init([](const ModelChoice& model, double sample_rate_hz, double interval_s, double center_freq_hz,
                         const std::string& source, StartTime time_ns, std::optional<double> min_confidence,
                         bool live, double max_lag_s, bool measure, bool evidence) {
                 auto config = config_of(
                     { sample_rate_hz, interval_s, center_freq_hz, source, min_confidence, live, max_lag_s });
                 config.measure = measure;
                 config.evidence = evidence;
                 return std::make_unique<WidebandScanner>(model_of(model), config, time_ns);
             }),
             py::arg("model").none(false), py::arg("sample_rate_hz"), py::kw_only(),
             py::arg("interval_s") = usual.interval_s, py::arg("center_freq_hz") = usual.center_freq_hz,
             py::arg("source") = usual.source, py::arg("time_ns") = py::none(),
             py::arg("min_confidence") = py::none(), py::arg("live") = usual.live,
             py::arg("max_lag_s") = usual.max_lag_s, py::arg("measure") = true, py::arg("evidence") = false,
             kStreamArguments);
}

} // namespace

void bind_streams(py::module_& module)
{
    bind_event_stream(module);
    bind_signal_classifier(module);
    bind_wideband_scanner(module);
}

} // namespace prunedamr::python
