// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "python/engine_pool.h"
#include "prunedamr/graph/network.h"

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace prunedamr::python {

/// How `Model::classify` reads its samples; the fields are those of `stream::ClassifierConfig`.
struct ClassifyOptions {
    double sample_rate_hz = 1.0;
    double center_freq_hz = 0.0;
    std::optional<double> interval_s = 0.1; ///< none: one decision on all samples
    std::optional<double> min_confidence;   ///< none: the model's own
    std::int64_t time_ns = 0;               ///< of the first sample, since 1970-01-01 UTC
    std::string source = "rx0";
};

/// A model as Python sees it; its calls run without the interpreter's lock, on any number of threads at once.
/// Throws `Error` for a bad file, a wrong array or an option out of its range.
class Model
{
public:
    explicit Model(const std::filesystem::path& file);

    pybind11::array_t<float> logits(const pybind11::object& frames);
    pybind11::array_t<double> probabilities(const pybind11::object& frames);
    pybind11::list classify(const pybind11::object& samples, const ClassifyOptions& options) const;

    const graph::Network& network() const { return network_; }
    std::string description() const { return engines_.description(); }

private:
    graph::Network network_;
    EnginePool engines_;
};

/// What JSON holds as Python's own dicts, lists and numbers.
pybind11::object from_json(const std::string& text);

} // namespace prunedamr::python
