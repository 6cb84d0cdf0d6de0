// SPDX-License-Identifier: GPL-3.0-or-later
#include "python/bindings.h"

#include "prunedamr/dsp/front_end_spec_json.h"
#include "python/model.h"

#include <nlohmann/json.hpp>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

namespace py = pybind11;

namespace prunedamr::python {
namespace {

constexpr const char* kModelText =
    R"(A model file, ready to run; threads may share it, and its calls release the GIL.

Loading checks the whole file and computes its golden vector again: a model that does not reproduce itself is an Error.
)";

constexpr const char* kLogitsText = R"(Logits of frames.

frames: float [n, 2, length], I then Q, or complex [n, length], as the model's front end makes them: each scaled
(front_end["scale"]), as data sets hold them. Other precisions, byte orders and strides are converted.
Returns float32 [n, classes], in the order of `labels`.
)";

constexpr const char* kProbabilitiesText = R"(Calibrated probabilities of frames: softmax(logits / temperature).

frames as for `logits`. Returns float64 [n, classes], each row sums to 1.
)";

constexpr const char* kClassifyText =
    R"(Label events of samples, as the live receiver gives them: same front end, squelch and decision.

samples: complex [n], full scale is 1; numbers that are not finite count as zero. sample_rate_hz: 1e-3..1e12.
center_freq_hz: the tuned frequency. interval_s: seconds per decision, rounded up to whole blocks of the front end;
0: one block, None: one decision on all samples. min_confidence: 0..1, None: the model's own.
time_ns: of samples[0], since 1970-01-01 UTC. source: name in the events.

Returns a list of dicts with the keys of the JSON that prunedamr-rx writes; snr_db and power_dbfs are None where not
measured. Fewer samples than the front end needs (an eighth of a frame) give no event.
)";

void bind_facts(py::class_<Model, std::shared_ptr<Model>>& model)
{
    model
        .def_property_readonly(
            "name", [](const Model& m) { return m.info().name; }, "Name of the model, as events carry it.")
        .def_property_readonly(
            "labels", [](const Model& m) { return m.info().labels; }, "Class names, in the order of the logits.")
        .def_property_readonly(
            "families", [](const Model& m) { return m.info().families; }, "Family of each label.")
        .def_property_readonly(
            "length", [](const Model& m) { return m.info().front_end.frame_length; }, "Complex samples per frame.")
        .def_property_readonly(
            "front_end", [](const Model& m) { return from_json(to_json(m.info().front_end).dump()); },
            "How samples become frames: kind, frame_length, block_length, occupied_fraction, scale.")
        .def_property_readonly(
            "temperature", [](const Model& m) { return m.info().decision.temperature; },
            "Logits are divided by it before softmax.")
        .def_property_readonly(
            "min_confidence", [](const Model& m) { return m.info().decision.min_confidence; },
            "A signal whose class and family are less probable is unknown, 0..1.")
        .def_property_readonly(
            "accuracy", [](const Model& m) { return from_json(m.info().accuracy); },
            "Accuracy when it was made, as a dict; empty where it was not measured.")
        .def_property_readonly(
            "provenance", [](const Model& m) { return from_json(m.info().provenance); },
            "How it was made, as a dict: commands, data, seeds.")
        .def_property_readonly("description", &Model::description, "What runs it: instruction set and precision.")
        .def("__repr__", [](const Model& m) {
            return "<prunedamr.Model " + m.info().name + ": " + std::to_string(m.info().labels.size()) +
                   " classes, frames of " + std::to_string(m.info().front_end.frame_length) + ", " + m.description() + ">";
        });
}

void bind_calls(py::class_<Model, std::shared_ptr<Model>>& model)
{
    const StreamOptions usual;
    model.def("logits", &Model::logits, py::arg("frames"), kLogitsText)
        .def("probabilities", &Model::probabilities, py::arg("frames"), kProbabilitiesText)
        .def(
            "classify",
            [](Model& model, const py::object& samples, double sample_rate_hz, double center_freq_hz,
               std::optional<double> interval_s, std::optional<double> min_confidence, std::int64_t time_ns,
               const std::string& source) {
                StreamOptions options;
                options.sample_rate_hz = sample_rate_hz;
                options.center_freq_hz = center_freq_hz;
                options.interval_s = interval_s.value_or(0.0);
                options.min_confidence = min_confidence;
                options.source = source;
                return model.classify(samples, options, !interval_s, time_ns);
            },
            py::arg("samples"), py::arg("sample_rate_hz"), py::kw_only(),
            py::arg("center_freq_hz") = usual.center_freq_hz,
            py::arg("interval_s") = std::optional<double>(usual.interval_s),
            py::arg("min_confidence") = usual.min_confidence, py::arg("time_ns") = 0,
            py::arg("source") = usual.source, kClassifyText);
}

} // namespace

void bind_model(py::module_& module)
{
    py::class_<Model, std::shared_ptr<Model>> model(module, "Model", kModelText);
    model.def(
        py::init([](const std::filesystem::path& model) { return std::make_shared<Model>(open_model(model)); }),
        py::arg("model"), "model: a .safetensors file, or the name of an installed model.");
    bind_facts(model);
    bind_calls(model);
}

} // namespace prunedamr::python
