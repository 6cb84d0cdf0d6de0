// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/model/model.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/graph/reference.h"
#include "prunedamr/graph/rewrite/rewrite.h"
#include "prunedamr/graph/zoo.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::model {
namespace {

bool all_finite(const std::vector<float>& values)
{
    return std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
}

void check_golden(const Model& model)
{
    const std::string where = "model '" + model.info.name + "'";
    const Golden& golden = model.golden;
    if (golden.input.empty() && golden.logits.empty())
        return;
    const std::int64_t values = 2 * model.network.length;
    if (golden.input.size() != static_cast<std::size_t>(values) || golden.logits.size() != model.info.labels.size())
        throw Error({ "golden vector has the wrong size", where,
                      std::to_string(golden.input.size()) + " -> " + std::to_string(golden.logits.size()),
                      std::to_string(values) + " -> " + std::to_string(model.info.labels.size()) });
    if (!all_finite(golden.input) || !all_finite(golden.logits))
        throw Error({ "golden vector holds a value that is not finite", where, "", "" });
}

std::string concat(const std::vector<std::string>& names)
{
    std::string list;
    for (const std::string& name : names)
        list += (list.empty() ? "" : ", ") + name;
    return list;
}

/// Places of the labels that stay, ascending.
std::vector<int> kept_classes(const ModelInfo& info, const std::vector<std::string>& labels)
{
    const std::string where = "model '" + info.name + "'";
    for (const std::string& label : labels) {
        if (std::count(labels.begin(), labels.end(), label) > 1)
            throw Error({ "class named twice", where, label, "" });
        if (std::count(info.labels.begin(), info.labels.end(), label) == 0)
            throw Error({ "the model has no such class", where, label, concat(info.labels) });
    }
    if (labels.size() < 2)
        throw Error({ "too few classes to tell apart", where, concat(labels), "at least 2" });
    std::vector<int> kept;
    for (std::size_t c = 0; c < info.labels.size(); ++c)
        if (std::count(labels.begin(), labels.end(), info.labels[c]) > 0)
            kept.push_back(static_cast<int>(c));
    return kept;
}

std::vector<std::string> taken(const std::vector<std::string>& names, const std::vector<int>& places)
{
    std::vector<std::string> result;
    for (const int place : places)
        result.push_back(names[static_cast<std::size_t>(place)]);
    return result;
}

/// A seeded frame [2, length] of noise and a tone, of unit RMS.
std::vector<float> test_frame(std::size_t length, std::uint64_t seed)
{
    constexpr double kTwoPi = 6.283185307179586476925286766559;
    Rng rng(seed);
    const double frequency = rng.uniform(0.02, 0.2); // cycles per sample
    std::vector<float> frame(2 * length);
    double energy = 0.0;
    for (std::size_t n = 0; n < length; ++n) {
        const double phase = kTwoPi * frequency * static_cast<double>(n);
        frame[n] = static_cast<float>(std::cos(phase) + 0.5 * rng.normal());
        frame[length + n] = static_cast<float>(std::sin(phase) + 0.5 * rng.normal());
        energy +=
            static_cast<double>(frame[n]) * frame[n] + static_cast<double>(frame[length + n]) * frame[length + n];
    }
    const double scale = 1.0 / std::sqrt(energy / static_cast<double>(length));
    for (float& value : frame)
        value = static_cast<float>(value * scale);
    return frame;
}

} // namespace

void validate(const Model& model)
{
    graph::validate(model.network);
    validate(model.info);
    const ModelInfo& info = model.info;
    if (info.front_end.frame_length != model.network.length)
        throw Error({ "front end makes frames of another length than the network reads",
                      "model '" + info.name + "'", std::to_string(info.front_end.frame_length),
                      std::to_string(model.network.length) });
    const graph::Shape expected{ static_cast<std::int64_t>(info.labels.size()), 1, 1 };
    if (model.network.classes() != expected.channels)
        throw Error({ "logits do not match the labels", "node '" + model.network.nodes.back().name + "'",
                      to_string(graph::Shape{ model.network.classes(), 1, 1 }), to_string(expected) });
    check_golden(model);
}

void make_golden(Model& model, std::uint64_t seed)
{
    model.golden.input = test_frame(static_cast<std::size_t>(model.network.length), seed);
    model.golden.logits = graph::run_reference(model.network, model.golden.input);
}

Model with_network(Model model, graph::Network network)
{
    model.network = std::move(network);
    model.golden = {};
    model.info.accuracy = "{}";
    return model;
}

Model keep_classes(const Model& model, const std::vector<std::string>& labels)
{
    const std::vector<int> kept = kept_classes(model.info, labels);
    Model shrunk = with_network(model, graph::keep_classes(model.network, kept));
    shrunk.info.labels = taken(model.info.labels, kept);
    shrunk.info.families = taken(model.info.families, kept);
    validate(shrunk);
    return shrunk;
}

Model make_model(const NewModel& wanted)
{
    Model model;
    model.info.name = wanted.arch;
    model.info.labels = wanted.labels;
    model.info.families = families_of(wanted.labels);
    model.info.front_end = wanted.front_end;
    validate(model.info);
    model.network = graph::make_network({ wanted.arch, wanted.front_end.frame_length,
                                          static_cast<std::int64_t>(wanted.labels.size()), wanted.seed,
                                          wanted.units_per_stage });
    validate(model);
    return model;
}

} // namespace prunedamr::model
