// SPDX-License-Identifier: GPL-3.0-or-later
#include "python/bindings.h"

#include "prunedamr/base/error.h"
#include "prunedamr/dataset/capture_source.h"
#include "prunedamr/dsp/front_end_spec_json.h"
#include "prunedamr/metrics/calibration.h"
#include "prunedamr/metrics/evaluate.h"
#include "prunedamr/metrics/evaluate_recordings.h"
#include "prunedamr/metrics/scores_json.h"
#include "prunedamr/model/class_table.h"
#include "prunedamr/model/model_file.h"
#include "prunedamr/model/model_search.h"

#include <pybind11/numpy.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace py = pybind11;

namespace prunedamr::python {
namespace {

constexpr const char* kEvaluateText = R"(Accuracy of the best class of each row of logits.

logits: float [n, classes]. labels: int [n], the true class of each frame. class_names: in the order of the logits.
snr_db: float [n], NaN where it is not known; None: not known at all.
Returns a dict: count, accuracy, by_snr, by_class, class_names, confusion (rows are the truth).
)";

constexpr const char* kCalibrateText = R"(The decision that fits logits of frames whose class is known.

logits, labels, class_names as for `evaluate`; false_rejection: fraction of the signals that may be called unknown.
Returns a dict: temperature, unknown_score, min_confidence, and calibration_error at that temperature.
)";

constexpr const char* kRecordingText = R"(What a model says of a recording, as `prunedamr eval --recordings` does.

model: a file or the name of an installed model. path: SigMF or WAV. Returns a dict: truth, labels (how often each
was given), majority, events and frames (count, label_right, family_right, unknown), family, family_majority, file.
)";

constexpr const char* kCapturesText = R"(Labeled frames of recordings, as `prunedamr data import` makes them.

files: SigMF, WAV, or raw samples in a format that the name tells. front_end: a dict as `Model.front_end` gives it.
label: class of recordings without labels. sample_rate_hz: of raw samples.
Returns a dict: frames float32 [n, 2, length], labels, snr_db and groups [n], class_names, and report, which says what
was not used and why.
)";

using Floats = py::array_t<float, py::array::c_style | py::array::forcecast>;
using Labels = std::vector<std::int32_t>;

py::object to_dict(const nlohmann::json& json)
{
    return py::module_::import("json").attr("loads")(json.dump());
}

metrics::Logits logits_of(const Floats& array, std::size_t classes)
{
    if (array.ndim() != 2 || static_cast<std::size_t>(array.shape(1)) != classes)
        throw InvalidArgument({ "wrong shape", "logits", std::to_string(array.ndim()) + " dimensions",
                      "[n, " + std::to_string(classes) + "], a column per class name" });
    return { classes, { array.data(), array.data() + array.size() } };
}

py::object evaluate(const Floats& logits, const Labels& labels, const std::vector<std::string>& class_names,
                    const std::optional<std::vector<float>>& snr_db)
{
    metrics::Evaluation evaluation;
    evaluation.class_names = class_names;
    evaluation.logits = logits_of(logits, class_names.size());
    evaluation.labels = labels;
    evaluation.snr_db = snr_db ? *snr_db : std::vector<float>(labels.size(), NAN);
    if (evaluation.logits.count() != labels.size() || evaluation.snr_db.size() != labels.size())
        throw InvalidArgument({ "arrays of different lengths", "labels", std::to_string(labels.size()),
                      std::to_string(evaluation.logits.count()) });
    for (const std::int32_t label : labels)
        if (label < 0 || static_cast<std::size_t>(label) >= class_names.size())
            throw InvalidArgument({ "label out of range", "labels", std::to_string(label),
                          "0 to " + std::to_string(class_names.size() - 1) });
    return to_dict(metrics::to_json(metrics::scores_of(evaluation)));
}

py::dict calibrate(const Floats& array, const Labels& labels, const std::vector<std::string>& class_names,
                   double false_rejection)
{
    if (!(false_rejection > 0.0 && false_rejection < 1.0))
        throw InvalidArgument({ "value out of range", "false_rejection", std::to_string(false_rejection), "0 to 1" });
    const metrics::Logits logits = logits_of(array, class_names.size());
    model::ModelInfo info;
    info.labels = class_names;
    info.families = model::families_of(class_names);
    const model::Decision decision = metrics::fit_decision(logits, labels, info, false_rejection);
    py::dict result;
    result["temperature"] = decision.temperature;
    result["unknown_score"] = decision.unknown_score;
    result["min_confidence"] = decision.min_confidence;
    result["calibration_error"] = metrics::calibration_error(logits, labels, model::LogitReader(info, decision));
    return result;
}

py::object evaluate_recording(const std::filesystem::path& model, const std::filesystem::path& path)
{
    nlohmann::json scores;
    {
        const py::gil_scoped_release unlocked;
        const model::Model loaded = model::load_model(model::find_model(model));
        recording::Recording recording(path.string(), {});
        scores = metrics::to_json(metrics::evaluate_recording(loaded, recording, path.string()));
    }
    return to_dict(scores);
}

py::dict frames_from_captures(const std::vector<std::filesystem::path>& files, const py::dict& front_end,
                              const std::string& label, std::optional<double> sample_rate_hz)
{
    dataset::CaptureOptions options;
    const auto text = py::module_::import("json").attr("dumps")(front_end).cast<std::string>();
    options.front_end = front_end_from_json(nlohmann::json::parse(text), "front_end");
    options.raw.sample_rate_hz = sample_rate_hz;
    options.label = label;
    if (files.empty())
        throw InvalidArgument({ "no files", "files", "0", "at least 1" });
    dataset::Dataset all;
    nlohmann::json report;
    {
        const py::gil_scoped_release unlocked;
        dataset::CaptureSource source({ files.begin(), files.end() }, options);
        all = source.header();
        source.read(all, std::numeric_limits<std::int64_t>::max());
        report = source.report();
    }
    py::array_t<float> frames({ all.size(), std::int64_t{ 2 }, all.length() });
    std::copy(all.frames.begin(), all.frames.end(), frames.mutable_data());
    py::dict result;
    result["frames"] = frames;
    result["labels"] = py::array_t<std::int32_t>(all.size(), all.label.data());
    result["snr_db"] = py::array_t<float>(all.size(), all.snr_db.data());
    result["groups"] = py::array_t<std::int64_t>(all.size(), all.group.data());
    result["class_names"] = all.class_names;
    result["report"] = to_dict(report);
    return result;
}

} // namespace

void bind_workbench(py::module_& m)
{
    m.def("evaluate", &evaluate, py::arg("logits"), py::arg("labels"), py::arg("class_names"),
          py::arg("snr_db") = py::none(), kEvaluateText);
    m.def("calibrate", &calibrate, py::arg("logits"), py::arg("labels"), py::arg("class_names"),
          py::arg("false_rejection") = metrics::kFalseRejection, kCalibrateText);
    m.def("evaluate_recording", &evaluate_recording, py::arg("model"), py::arg("path"), kRecordingText);
    m.def("frames_from_captures", &frames_from_captures, py::arg("files"), py::arg("front_end"),
          py::arg("label") = "", py::arg("sample_rate_hz") = py::none(), kCapturesText);
}

} // namespace prunedamr::python
