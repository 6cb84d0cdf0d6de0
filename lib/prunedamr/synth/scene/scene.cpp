// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/scene/scene.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/json_object.h"
#include "prunedamr/synth/frame_maker.h"
#include "prunedamr/synth/recipe/recipe.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace prunedamr::synth {
namespace {

constexpr double kMaxSamples = 1e12;
constexpr double kMaxBursts = 1e6;
constexpr double kMinBurst = 64.0; // samples
constexpr double kSlack = 1e-9;    // of the rate or the duration: decimal numbers need not meet exactly

std::string number(double value)
{
    return fmt::format("{:.6g}", value);
}

void require(bool legal, const std::string& where, const char* key, double found, const std::string& expected)
{
    if (!legal)
        throw Error({ std::string("bad ") + key, where, number(found), expected });
}

void require_range(double value, double low, double high, const std::string& where, const char* key)
{
    require(value >= low && value <= high, where, key, value, number(low) + ".." + number(high));
}

void validate_level(const SceneSignal& signal, bool noise, const std::string& where)
{
    if (noise && signal.sends())
        throw Error({ "noise has no level", where, "", "neither snr_db nor level_dbfs" });
    if (!noise && signal.snr_db.has_value() == signal.level_dbfs.has_value())
        throw Error({ "no level, or two", where, "", "either snr_db or level_dbfs" });
    if (signal.snr_db)
        require_range(*signal.snr_db, -60.0, 100.0, where, "snr_db");
    if (signal.level_dbfs)
        require_range(*signal.level_dbfs, -200.0, 0.0, where, "level_dbfs");
}

void validate_signal(const Scene& scene, const SceneSignal& signal, bool noise, const std::string& where)
{
    const double rate = scene.sample_rate_hz, end = scene.duration_s * (1.0 + kSlack);
    require_range(signal.duration_s, kMinBurst / rate, end, where, "duration_s");
    require_range(signal.start_s, 0.0, end, where, "start_s");
    require_range(static_cast<double>(signal.count), 1.0, kMaxBursts, where, "repeat count");
    require(signal.count == 1 || signal.period_s >= signal.duration_s, where, "repeat period_s", signal.period_s,
            "at least the duration of a burst, " + number(signal.duration_s));
    require(signal.end_s() <= end, where, "end of the last burst", signal.end_s(),
            "at most the scene's duration_s, " + number(scene.duration_s));
    validate_level(signal, noise, where);
    if (noise)
        return;
    if (signal.skirts != 0.0)
        require_range(signal.skirts, 1.0, 1000.0, where, "skirts");
    if (signal.pattern_s != 0.0)
        require_range(signal.pattern_s, 2.0 / signal.bandwidth_hz, end, where, "pattern_s");
    require_range(signal.bandwidth_hz, 1e-5 * rate, 0.9 * rate, where, "bandwidth_hz");
    const auto fits = [&](double offset_hz) {
        require(std::abs(offset_hz) + signal.bandwidth_hz / 2 <= rate / 2 * (1.0 + kSlack), where, "offset_hz",
                offset_hz, "a band of " + number(signal.bandwidth_hz) + " Hz inside +-" + number(rate / 2));
    };
    fits(signal.offset_hz_at(0, signal.start_s));
    for (const double offset_hz : signal.hop_offsets_hz)
        for (const double time_s : { signal.start_s, signal.end_s() })
            fits(offset_hz + signal.drift_hz_per_s * time_s);
    fits(signal.offset_hz_at(signal.count - 1, signal.end_s()));
}

void validate_receiver(const SceneReceiver& receiver, double duration_s, const std::string& where)
{
    if (receiver.phase_noise_db != 0.0)
        require_range(receiver.phase_noise_db, 20.0, 100.0, where, "phase_noise_db");
    if (receiver.image_db != 0.0)
        require_range(receiver.image_db, 10.0, 100.0, where, "image_db");
    if (receiver.third_order_db != 0.0)
        require_range(receiver.third_order_db, 20.0, 150.0, where, "third_order_db");
    require_range(receiver.dc_dbfs, -300.0, 0.0, where, "dc_dbfs");
    require_range(receiver.ripple_db, 0.0, 40.0, where, "ripple_db");
    require_range(receiver.gain_step_db, -60.0, 60.0, where, "gain_step_db");
    require_range(receiver.gain_step_s, 0.0, duration_s, where, "gain_step_s");
}

std::string snr_text(double snr_db)
{
    return fmt::format("SNR {:.1f} dB", snr_db);
}

} // namespace

double SceneSignal::offset_hz_at(std::int64_t burst, double time_s) const
{
    const auto hops = static_cast<std::int64_t>(hop_offsets_hz.size());
    return (hops > 0 ? hop_offsets_hz[static_cast<std::size_t>(burst % hops)] : offset_hz) +
           drift_hz_per_s * time_s;
}

bool meet(const SceneSignal& a, const SceneSignal& b, double guard_hz)
{
    if (a.start_s >= b.end_s() || b.start_s >= a.end_s())
        return false;
    const auto hops = [](const SceneSignal& s) { return static_cast<std::int64_t>(std::max<std::size_t>(1, s.hop_offsets_hz.size())); };
    for (std::int64_t i = 0; i < hops(a); ++i)
        for (std::int64_t k = 0; k < hops(b); ++k)
            if (std::abs(a.offset_hz_at(i, a.start_s) - b.offset_hz_at(k, b.start_s)) <
                (a.bandwidth_hz + b.bandwidth_hz) / 2 + guard_hz)
                return true;
    return false;
}

std::uint64_t Scene::sample_count() const
{
    return static_cast<std::uint64_t>(std::llround(duration_s * sample_rate_hz));
}

std::vector<std::uint64_t> Scene::starts(const SceneSignal& signal) const
{
    std::vector<std::uint64_t> result;
    for (std::int64_t k = 0; k < signal.count; ++k)
        result.push_back(static_cast<std::uint64_t>(
            std::llround((signal.start_s + static_cast<double>(k) * signal.period_s) * sample_rate_hz)));
    return result;
}

std::uint64_t Scene::burst_samples(const SceneSignal& signal) const
{
    const std::uint64_t last = starts(signal).back(), all = sample_count();
    return std::min(static_cast<std::uint64_t>(std::llround(signal.duration_s * sample_rate_hz)),
                    all - std::min(last, all));
}

double Scene::noise_dbfs_per_hz_at(double offset_hz) const
{
    const double place = offset_hz / sample_rate_hz;
    return noise_dbfs_per_hz + noise_tilt_db * place +
           receiver.ripple_db / 2.0 * std::cos(2.0 * M_PI * SceneReceiver::kRipplePeriods * place);
}

double Scene::level_dbfs(const SceneSignal& signal) const
{
    const double noise = noise_dbfs_per_hz_at(signal.offset_hz) + 10.0 * std::log10(signal.bandwidth_hz);
    return signal.snr_db ? noise + *signal.snr_db : *signal.level_dbfs;
}

double Scene::snr_db(const SceneSignal& signal) const
{
    const double noise = noise_dbfs_per_hz_at(signal.offset_hz) + 10.0 * std::log10(signal.bandwidth_hz);
    return signal.snr_db ? *signal.snr_db : *signal.level_dbfs - noise;
}

void validate(const Scene& scene, const std::string& where)
{
    require_range(scene.sample_rate_hz, 1.0, 1e11, where, "sample_rate_hz");
    require_range(scene.center_freq_hz, 0.0, 1e12, where, "center_freq_hz");
    require_range(scene.duration_s * scene.sample_rate_hz, kMinBurst, kMaxSamples, where,
                  "duration_s: number of samples");
    require_range(scene.noise_dbfs_per_hz, -300.0, 0.0, where, "noise_dbfs_per_hz");
    require_range(scene.noise_tilt_db, -60.0, 60.0, where, "noise_tilt_db");
    require_range(scene.bits, 4, 16, where, "bits");
    validate_receiver(scene.receiver, scene.duration_s, where + ": receiver");
    const auto recipe = load_recipe(scene.recipe);
    double bursts = 0.0;
    for (std::size_t i = 0; i < scene.signals.size(); ++i) {
        const auto& signal = scene.signals[i];
        recipe->transmitters().require(signal.label);
        validate_signal(scene, signal, recipe->transmitters().is_noise(signal.label),
                        where + ": signal " + std::to_string(i) + " (" + signal.label + ")");
        bursts += static_cast<double>(signal.count);
    }
    require(bursts <= kMaxBursts, where, "number of bursts", bursts, "at most " + number(kMaxBursts));
}

recording::RecordingInfo scene_info(const Scene& scene)
{
    recording::RecordingInfo info;
    info.format = recording::SampleFormat::ci16_le;
    info.sample_rate_hz = scene.sample_rate_hz;
    info.center_freq_hz = scene.center_freq_hz;
    info.sample_count = scene.sample_count();
    info.description = "synthetic scene of " + std::to_string(scene.signals.size()) + " signals";
    for (const auto& signal : scene.signals) {
        const double half = (signal.sends() ? signal.bandwidth_hz : scene.sample_rate_hz) / 2;
        std::int64_t burst = 0;
        for (const std::uint64_t start : scene.starts(signal)) {
            recording::Annotation note;
            note.label = signal.label;
            note.sample_start = start;
            note.sample_count = scene.burst_samples(signal);
            const double from_s = signal.burst_start_s(burst), to_s = from_s + signal.duration_s;
            const double from = signal.sends() ? signal.offset_hz_at(burst, from_s) : 0.0;
            const double to = signal.sends() ? signal.offset_hz_at(burst, to_s) : 0.0;
            note.freq_lower_hz = scene.center_freq_hz + std::min(from, to) - half;
            note.freq_upper_hz = scene.center_freq_hz + std::max(from, to) + half;
            ++burst;
            note.comment = signal.sends() ? snr_text(scene.snr_db(signal)) : "no signal";
            if (signal.skirts > 1.0)
                note.comment += fmt::format(", {}{:.0f} Hz", kKeyedIn, signal.bandwidth_hz / signal.skirts);
            info.annotations.push_back(note);
        }
    }
    std::stable_sort(info.annotations.begin(), info.annotations.end(),
                     [](const auto& a, const auto& b) { return a.sample_start < b.sample_start; });
    return info;
}

namespace {

using nlohmann::json;

constexpr std::size_t kMaxSignals = 100000;

/// The key's number if it is there.
void read_number(JsonObject& fields, const char* key, double& value)
{
    value = fields.number_or(key, value);
}

SceneSignal signal_from_json(const json& entry, const Scene& scene, const std::string& where)
{
    JsonObject fields(entry, where);
    SceneSignal signal;
    signal.label = fields.string("label");
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
        JsonObject repeat(fields.at("repeat"), where + ": repeat");
        signal.count = repeat.integer("count", 1, 1000000);
        signal.period_s = repeat.number("period_s");
        repeat.finish();
    }
    if (fields.has("hop_offsets_hz"))
        signal.hop_offsets_hz = fields.at("hop_offsets_hz").get<std::vector<double>>();
    read_number(fields, "drift_hz_per_s", signal.drift_hz_per_s);
    read_number(fields, "skirts", signal.skirts);
    read_number(fields, "pattern_s", signal.pattern_s);
    signal.snr_db = fields.optional_number("snr_db");
    signal.level_dbfs = fields.optional_number("level_dbfs");
    fields.finish();
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
    if (!signal.hop_offsets_hz.empty())
        entry["hop_offsets_hz"] = signal.hop_offsets_hz;
    if (signal.drift_hz_per_s != 0.0)
        entry["drift_hz_per_s"] = signal.drift_hz_per_s;
    if (signal.skirts != 0.0)
        entry["skirts"] = signal.skirts;
    if (signal.pattern_s != 0.0)
        entry["pattern_s"] = signal.pattern_s;
    return entry;
}

/// The receiver's members by their names.
template <typename Visit> void each_member(SceneReceiver& receiver, const Visit& visit)
{
    visit("phase_noise_db", receiver.phase_noise_db);
    visit("image_db", receiver.image_db);
    visit("third_order_db", receiver.third_order_db);
    visit("dc_dbfs", receiver.dc_dbfs);
    visit("ripple_db", receiver.ripple_db);
    visit("gain_step_db", receiver.gain_step_db);
    visit("gain_step_s", receiver.gain_step_s);
}

nlohmann::ordered_json receiver_json(SceneReceiver receiver)
{
    auto entry = nlohmann::ordered_json::object();
    each_member(receiver, [&](const char* name, double& value) { entry[name] = value; });
    return entry;
}

} // namespace

Scene scene_from_json(const std::string& text, const std::string& where)
{
    check_json_depth(text, where);
    const json root = json::parse(text, nullptr, false, true);
    if (root.is_discarded())
        throw Error({ "not JSON", where, "", "a scene: an object with sample_rate_hz, duration_s, signals" });
    JsonObject fields(root, where);
    Scene scene;
    scene.recipe = fields.string_or("recipe", scene.recipe);
    scene.sample_rate_hz = fields.number("sample_rate_hz");
    scene.duration_s = fields.number("duration_s");
    read_number(fields, "center_freq_hz", scene.center_freq_hz);
    read_number(fields, "noise_dbfs_per_hz", scene.noise_dbfs_per_hz);
    read_number(fields, "noise_tilt_db", scene.noise_tilt_db);
    if (fields.has("bits"))
        scene.bits = fields.int32("bits", 4, 16);
    if (fields.has("seed"))
        scene.seed = static_cast<std::uint64_t>(fields.integer("seed", 0));
    if (fields.has("receiver")) {
        JsonObject receiver(fields.at("receiver"), where + ": receiver");
        each_member(scene.receiver, [&](const char* name, double& value) { read_number(receiver, name, value); });
        receiver.finish();
    }
    const json& signals = fields.list("signals");
    if (signals.size() > kMaxSignals)
        fields.refuse("signals", "at most " + std::to_string(kMaxSignals) + " signals");
    for (std::size_t i = 0; i < signals.size(); ++i)
        scene.signals.push_back(signal_from_json(signals[i], scene, where + ": signal " + std::to_string(i)));
    fields.finish();
    validate(scene, where);
    return scene;
}

std::string to_json_text(const Scene& scene)
{
    auto signals = nlohmann::ordered_json::array();
    for (const auto& signal : scene.signals)
        signals.push_back(signal_json(signal));
    const nlohmann::ordered_json scene_json = { { "recipe", scene.recipe },
                                                { "sample_rate_hz", scene.sample_rate_hz },
                                                { "center_freq_hz", scene.center_freq_hz },
                                                { "duration_s", scene.duration_s },
                                                { "noise_dbfs_per_hz", scene.noise_dbfs_per_hz },
                                                { "noise_tilt_db", scene.noise_tilt_db },
                                                { "receiver", receiver_json(scene.receiver) },
                                                { "bits", scene.bits },
                                                { "seed", scene.seed },
                                                { "signals", signals } };
    return scene_json.dump(2);
}

} // namespace prunedamr::synth
