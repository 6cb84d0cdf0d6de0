// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/recipe/recipe.h"

#include "prunedamr/base/checksum.h"
#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/base/json_object.h"
#include "prunedamr/synth/frame_maker.h"
#include "prunedamr/synth/recipe/impairments.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

namespace prunedamr::synth {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr int kMargin = 512;
constexpr std::size_t kMaxBytes = 16u << 20;
constexpr int kFormat = 1;

/// JSON with comments; the message of the parser says where it stumbled.
ordered_json parse(const std::string& text, const std::string& where)
{
    check_json_depth(text, where);
    try {
        return ordered_json::parse(text, nullptr, true, true);
    } catch (const nlohmann::json::exception& error) {
        std::string message = error.what();
        message = message.substr(std::min(message.size(), message.find("at line")));
        throw Error({ "not JSON", where, message, "" });
    }
}

} // namespace

Recipe::Recipe(const std::string& json_text, const std::string& where)
{
    Fnv1a64 hash;
    hash.add(json_text);
    hash_ = hash.text();
    const ordered_json ordered = parse(json_text, where);
    const json root = ordered;
    JsonObject fields(root, where);
    fields.integer("format", kFormat, kFormat);
    name_ = fields.string("name");
    fields.string("description");
    snr_ = Distribution(fields, "snr_db", -100.0, 200.0);
    level_ = Distribution(fields, "level_db", -200.0, 20.0);
    short_ = fields.number("short", 0.0, 1.0);
    short_samples_ = fields.number("short_samples", 1.0, 1e9);
    symbols_ = fields.number("symbols", 1.0, 1e6);
    fields.at("modulators");
    fields.at("classes");
    const json& stages = fields.list("stages");
    const json weights = fields.has("weights") ? fields.at("weights") : json::object();
    const json least_snr = fields.has("least_snr_db") ? fields.at("least_snr_db") : json::object();
    fields.finish();
    transmitters_ = std::make_unique<Transmitters>(ordered["modulators"], ordered["classes"], where);
    const auto& known = transmitters_->labels();
    const auto of_classes = [&](const json& values, const std::string& key, double least, double most) {
        JsonObject by_label(values, where + ": " + key);
        std::map<std::string, double> result;
        for (const auto& [label, unused] : values.items()) {
            if (std::find(known.begin(), known.end(), label) == known.end())
                throw Error({ "no such class", where + ": " + key, label, "a label of 'classes'" });
            result[label] = by_label.number(label, least, most);
        }
        return result;
    };
    weights_ = of_classes(weights, "weights", 0.01, 100.0);
    least_snr_ = of_classes(least_snr, "least_snr_db", snr_.low(), snr_.high());

    int noises = 0;
    for (std::size_t i = 0; i < stages.size(); ++i) {
        const std::string place = where + ": stage " + std::to_string(i + 1);
        JsonObject numbered(stages[i], place);
        const std::string name = numbered.string("stage");
        JsonObject own(stages[i], place + " (" + name + ")");
        own.string("stage");
        const double probability = own.number("probability", 0.0, 1.0);
        steps_.push_back({ make_stage(name, own), probability });
        own.finish();
        noises += name == "noise" && probability == 1.0;
    }
    if (noises != 1)
        throw Error({ "stages bring the noise " + std::to_string(noises) + " times", where, "",
                      "one stage \"noise\" of probability 1" });
}

double Recipe::weight(const std::string& label) const
{
    const auto weight = weights_.find(label);
    return weight == weights_.end() ? 1.0 : weight->second;
}

int Recipe::draw_length(int shortest, int longest, Rng& rng) const
{
    const double least = std::max<double>(shortest, short_samples_);
    if (least >= longest || !rng.chance(short_))
        return longest;
    return static_cast<int>(rng.log_uniform(least, longest));
}

Reception Recipe::receive(const std::string& label, int count, float snr_db, Rng& rng) const
{
    transmitters_->require(label);
    PRUNEDAMR_CHECK(count > 0, "a reception has samples");
    Waveform waveform;
    waveform.margin = kMargin;
    const int all = waveform.on = count + 2 * kMargin;
    double drawn_snr = std::isfinite(snr_db) ? static_cast<double>(snr_db) : snr_.draw(rng);
    if (const auto least = least_snr_.find(label); least != least_snr_.end() && drawn_snr < least->second)
        drawn_snr = rng.uniform(least->second, snr_.high());
    if (transmitters_->is_noise(label)) {
        waveform.samples.resize(static_cast<std::size_t>(all));
        waveform.snr_db = std::numeric_limits<double>::quiet_NaN();
    } else {
        SignalLimits limits;
        limits.longest_symbol = std::max(1.0, count / symbols_);
        Signal signal = transmitters_->transmit(label, all, limits, rng);
        waveform.samples = std::move(signal.samples);
        waveform.bandwidth = signal.bandwidth;
        waveform.snr_db = drawn_snr;
    }
    for (const auto& step : steps_)
        if (rng.chance(step.probability) && (waveform.has_signal() || step.stage->concerns_noise()))
            step.stage->apply(waveform, *transmitters_, rng);

    Reception reception;
    reception.label = label;
    reception.snr_db = static_cast<float>(waveform.snr_db);
    reception.center = static_cast<float>(waveform.center);
    reception.bandwidth = static_cast<float>(waveform.bandwidth);
    reception.energy = std::move(waveform.energy);
    const auto scale = static_cast<float>(std::pow(10.0, level_.draw(rng) / 20.0));
    reception.samples.resize(static_cast<std::size_t>(count));
    for (int n = 0; n < count; ++n)
        reception.samples[static_cast<std::size_t>(n)] =
            scale * waveform.samples[static_cast<std::size_t>(kMargin + n)];
    return reception;
}

const std::string& shipped_recipe(const std::string& name)
{
    static const std::string onair = kOnairRecipe;
    if (name != "onair")
        throw Error({ "unknown recipe", "", name, "onair, or a JSON file" });
    return onair;
}

std::shared_ptr<const Recipe> load_recipe(const std::string& name_or_path)
{
    if (std::filesystem::path(name_or_path).extension() == ".json")
        return std::make_shared<const Recipe>(read_file(name_or_path, kMaxBytes), name_or_path);
    return std::make_shared<const Recipe>(shipped_recipe(name_or_path), "recipe " + name_or_path);
}

namespace {

const std::vector<Maker<Stage>>& makers()
{
    static const std::vector<Maker<Stage>> all = [] {
        std::vector<Maker<Stage>> joined;
        for (const auto& group : { channel_stages(), band_stages(), receiver_stages() })
            joined.insert(joined.end(), group.begin(), group.end());
        return joined;
    }();
    return all;
}

} // namespace

const std::vector<std::string>& stage_names()
{
    static const std::vector<std::string> names = names_of(makers());
    return names;
}

std::unique_ptr<Stage> make_stage(const std::string& name, JsonObject& fields)
{
    return make_named(makers(), "stage", name, fields);
}

} // namespace prunedamr::synth
