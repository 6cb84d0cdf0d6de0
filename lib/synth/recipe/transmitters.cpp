// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/recipe/transmitters.h"

#include "prunedamr/base/error.h"
#include "prunedamr/synth/signal/channel.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace prunedamr::synth {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

/// What the class says, over what all classes of its modulator share.
json merged(const ordered_json& entry, const ordered_json& modulators, const std::string& where)
{
    if (!entry.is_object() || !entry.contains("modulator") || !entry["modulator"].is_string())
        throw Error({ "not a class", where, entry.dump().substr(0, 60), "{\"modulator\": NAME, ...}" });
    const auto shared = modulators.find(entry["modulator"].get<std::string>());
    json result = shared == modulators.end() ? json::object() : json(*shared);
    result.update(json(entry));
    return result;
}

} // namespace

Transmitters::Transmitters(const ordered_json& modulators, const ordered_json& classes, const std::string& where)
    : where_(where)
{
    if (!modulators.is_object())
        throw Error({ "'modulators' is not an object", where, modulators.type_name(), "{NAME: {...}}" });
    if (!classes.is_object() || classes.empty())
        throw Error({ "'classes' names no class", where, classes.type_name(), "{LABEL: {...}}" });
    for (const auto& [label, description] : classes.items()) {
        Variants& variants = classes_[label];
        labels_.push_back(label);
        const auto list = description.is_array() ? description : ordered_json::array({ description });
        double sum = 0.0;
        for (const auto& entry : list) {
            const std::string place = where + ": class " + label;
            const json merged_entry = merged(entry, modulators, place);
            Fields fields(merged_entry, place);
            sum += fields.has("weight") ? fields.number("weight", 1e-9, 1e9) : 1.0;
            const std::string name = fields.text("modulator");
            if (name != "none") {
                variants.modulators.push_back(make_modulator(name, fields));
                variants.cumulative.push_back(sum);
            }
            fields.finish();
        }
    }
}

void Transmitters::require(const std::string& label) const
{
    if (classes_.count(label) != 0)
        return;
    std::string known;
    for (const auto& name : labels_)
        known += (known.empty() ? "" : ", ") + name;
    throw Error({ "unknown label", where_, label, known });
}

bool Transmitters::is_noise(const std::string& label) const
{
    return classes_.at(label).modulators.empty();
}

Signal Transmitters::transmit(const std::string& label, int count, const SignalLimits& limits, Rng& rng) const
{
    require(label);
    const Variants& variants = classes_.at(label);
    PRUNEDAMR_CHECK(!variants.modulators.empty(), "noise is not transmitted");
    const double u = rng.uniform() * variants.cumulative.back();
    const auto chosen = std::upper_bound(variants.cumulative.begin(), variants.cumulative.end(), u);
    Signal signal = variants.modulators[static_cast<std::size_t>(chosen - variants.cumulative.begin())]->modulate(
        count, limits, rng);
    normalise_power(signal.samples);
    return signal;
}

Signal Transmitters::transmit_any(int count, const SignalLimits& limits, Rng& rng) const
{
    for (;;) {
        const auto& label =
            labels_[static_cast<std::size_t>(rng.integer(0, static_cast<std::int64_t>(labels_.size()) - 1))];
        if (!is_noise(label))
            return transmit(label, count, limits, rng);
    }
}

} // namespace prunedamr::synth
