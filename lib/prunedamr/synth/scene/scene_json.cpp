// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/synth/recipe/recipe_fields.h"
#include "prunedamr/synth/scene/scene.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace prunedamr::synth {
namespace {

using nlohmann::json;

constexpr std::size_t kMostSignals = 100000;

constexpr const char* kKnownKeys = "a key of a scene";

/// The key's number if it is there.
void read_number(Fields& fields, const char* key, double& value)
{
    if (fields.has(key))
        value = fields.number(key);
}

std::int64_t whole_number(Fields& fields, const char* key, double least, double most)
{
    const double value = fields.number(key, least, most);
    if (value != std::floor(value))
        throw Error({ std::string("bad '") + key + "'", fields.where(), fields.at(key).dump(), "a whole number" });
    return static_cast<std::int64_t>(value);
}

SceneSignal signal_from_json(const json& entry, const Scene& scene, const std::string& where)
{
    Fields fields(entry, where);
    SceneSignal signal;
    signal.label = fields.text("label");
    if (fields.has("freq_hz") && fields.has("offset_hz"))
        throw Error({ "two frequencies", where, "", "either freq_hz or offset_hz" });
    read_number(fields, "offset_hz", signal.offset_hz);
    if (fields.has("freq_hz"))
        signal.offset_hz = fields.number("freq_hz") - scene.center_freq_hz;
    read_number(fields, "bandwidth_hz", signal.bandwidth_hz);
    read_number(fields, "start_s", signal.start_s);
    signal.duration_s = scene.duration_s - signal.start_s;
    read_number(fields, "duration_s", signal.duration_s);
    if (fields.has("repeat")) {
        Fields repeat(fields.at("repeat"), where + ": repeat");
        signal.count = whole_number(repeat, "count", 1, 1e6);
        signal.period_s = repeat.number("period_s");
        repeat.finish(kKnownKeys);
    }
    if (fields.has("snr_db"))
        signal.snr_db = fields.number("snr_db");
    if (fields.has("level_dbfs"))
        signal.level_dbfs = fields.number("level_dbfs");
    fields.finish(kKnownKeys);
    return signal;
}

nlohmann::ordered_json signal_json(const SceneSignal& signal)
{
    nlohmann::ordered_json entry = { { "label", signal.label } };
    if (signal.sends()) {
        entry["offset_hz"] = signal.offset_hz;
        entry["bandwidth_hz"] = signal.bandwidth_hz;
        entry[signal.snr_db ? "snr_db" : "level_dbfs"] = signal.snr_db ? *signal.snr_db : *signal.level_dbfs;
    }
    entry["start_s"] = signal.start_s;
    entry["duration_s"] = signal.duration_s;
    if (signal.count > 1)
        entry["repeat"] = { { "count", signal.count }, { "period_s", signal.period_s } };
    return entry;
}

} // namespace

Scene scene_from_json(const std::string& text, const std::string& where)
{
    const json root = json::parse(text, nullptr, false, true);
    if (root.is_discarded())
        throw Error({ "not JSON", where, "", "a scene: an object with sample_rate_hz, duration_s, signals" });
    Fields fields(root, where);
    Scene scene;
    if (fields.has("recipe"))
        scene.recipe = fields.text("recipe");
    scene.sample_rate_hz = fields.number("sample_rate_hz");
    scene.duration_s = fields.number("duration_s");
    read_number(fields, "center_freq_hz", scene.center_freq_hz);
    read_number(fields, "noise_dbfs_per_hz", scene.noise_dbfs_per_hz);
    read_number(fields, "noise_tilt_db", scene.noise_tilt_db);
    if (fields.has("bits"))
        scene.bits = static_cast<int>(whole_number(fields, "bits", 4, 16));
    if (fields.has("seed"))
        scene.seed = static_cast<std::uint64_t>(whole_number(fields, "seed", 0, 9e15));
    const json& signals = fields.at("signals");
    if (!signals.is_array() || signals.size() > kMostSignals)
        throw Error(
            { "bad 'signals'", where, signals.type_name(), "a list of at most " + std::to_string(kMostSignals) });
    for (std::size_t i = 0; i < signals.size(); ++i)
        scene.signals.push_back(signal_from_json(signals[i], scene, where + ": signal " + std::to_string(i)));
    fields.finish(kKnownKeys);
    validate(scene, where);
    return scene;
}

nlohmann::ordered_json to_json(const Scene& scene)
{
    auto signals = nlohmann::ordered_json::array();
    for (const auto& signal : scene.signals)
        signals.push_back(signal_json(signal));
    return { { "recipe", scene.recipe },
             { "sample_rate_hz", scene.sample_rate_hz },
             { "center_freq_hz", scene.center_freq_hz },
             { "duration_s", scene.duration_s },
             { "noise_dbfs_per_hz", scene.noise_dbfs_per_hz },
             { "noise_tilt_db", scene.noise_tilt_db },
             { "bits", scene.bits },
             { "seed", scene.seed },
             { "signals", signals } };
}

} // namespace prunedamr::synth
