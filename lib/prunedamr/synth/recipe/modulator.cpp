// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/recipe/modulator.h"

#include "prunedamr/base/error.h"
#include "prunedamr/synth/signal/channel.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace prunedamr::synth {
namespace {

constexpr Maker<Modulator> kMakers[] = {
    { "linear", make_linear_modulator },
    { "keying", make_keying_modulator },
    { "cpm", make_cpm_modulator },
    { "am", make_am_modulator },
    { "fm", make_fm_modulator },
    { "ofdm", make_ofdm_modulator },
    { "chirp", make_chirp_modulator },
    { "carrier", make_carrier_modulator },
    { "sweep", make_sweep_modulator },
    { "hops", make_hop_modulator },
    { "impulses", make_impulse_modulator },
    { "comb", make_comb_modulator },
    { "alphabet", make_alphabet_modulator },
    { "tones", make_tones_modulator },
};

} // namespace

const std::vector<std::string>& modulator_names()
{
    static const std::vector<std::string> names = names_of(kMakers);
    return names;
}

std::unique_ptr<Modulator> make_modulator(const std::string& name, JsonObject& fields)
{
    return make_named(kMakers, "modulator", name, fields);
}

double draw_symbol_duration(const Distribution& law, double bandwidth, const SignalLimits& limits, Rng& rng)
{
    const double shortest = bandwidth / limits.widest;
    const double longest = limits.narrowest > 0.0 ? bandwidth / limits.narrowest : limits.longest_symbol;
    return law.draw_within(shortest, std::max(shortest, std::min(longest, limits.longest_symbol)), rng);
}

double draw_bandwidth(const Distribution& law, const SignalLimits& limits, Rng& rng)
{
    const double narrowest = std::max(limits.narrowest, 1.0 / limits.longest_symbol);
    return law.draw_within(std::min(narrowest, limits.widest), limits.widest, rng);
}

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

/// Two transmissions at once on one channel, of classes that stand before this one.
class Collision : public Modulator
{
public:
    Collision(const Transmitters& transmitters, JsonObject& fields)
        : transmitters_(transmitters), labels_(transmitters.labels()), level_db_(fields, "level_db", -60.0, 0.0),
          width_(fields, "width", 0.01, 100.0), offset_(fields, "offset", -10.0, 10.0)
    {
        labels_.erase(std::remove_if(labels_.begin(), labels_.end(),
                                     [&](const auto& label) { return transmitters.is_noise(label); }),
                      labels_.end());
        if (labels_.empty())
            throw Error({ "nothing to collide", fields.where(), "no class with a modulator before it", "one" });
    }

    Signal modulate(int count, const SignalLimits& limits, Rng& rng) const override
    {
        Signal first = transmitters_.transmit(any(rng), count, limits, rng);
        SignalLimits like = limits;
        like.narrowest = std::min(limits.widest, first.bandwidth * width_.low());
        like.widest = std::min(limits.widest, first.bandwidth * width_.high());
        Signal second = transmitters_.transmit(any(rng), count, like, rng);
        const double offset = first.bandwidth * offset_.draw(rng);
        mix(second.samples, { offset, 0.0, 0.0, rng.uniform(0.0, 2.0 * M_PI) }, rng);
        const auto level = static_cast<float>(std::pow(10.0, level_db_.draw(rng) / 20.0));
        for (std::size_t n = 0; n < first.samples.size(); ++n)
            first.samples[n] += level * second.samples[n];
        return first;
    }

private:
    const std::string& any(Rng& rng) const
    {
        return labels_[static_cast<std::size_t>(rng.integer(0, static_cast<std::int64_t>(labels_.size()) - 1))];
    }

    const Transmitters& transmitters_;
    std::vector<std::string> labels_;
    Distribution level_db_; ///< of the second
    Distribution width_;    ///< of the second, of the first one's bandwidth
    Distribution offset_;   ///< between the centers, the same
};

} // namespace

Transmitters::Transmitters(const ordered_json& modulators, const ordered_json& classes, const std::string& where)
    : where_(where)
{
    if (!modulators.is_object())
        throw Error({ "'modulators' is not an object", where, modulators.type_name(), "{NAME: {...}}" });
    if (!classes.is_object() || classes.empty())
        throw Error({ "'classes' names no class", where, classes.type_name(), "{LABEL: {...}}" });
    for (const auto& [label, description] : classes.items()) {
        Variants variants;
        const auto list = description.is_array() ? description : ordered_json::array({ description });
        double sum = 0.0;
        for (const auto& entry : list) {
            const std::string place = where + ": class " + label;
            const json merged_entry = merged(entry, modulators, place);
            JsonObject fields(merged_entry, place);
            sum += fields.has("weight") ? fields.number("weight", 1e-9, 1e9) : 1.0;
            const std::string name = fields.string("modulator");
            if (name != "none") {
                variants.modulators.push_back(name == "collision"  ? std::make_unique<Collision>(*this, fields)
                                              : name == "recorded" ? make_recorded_modulator(fields)
                                                                   : make_modulator(name, fields));
                variants.cumulative.push_back(sum);
            }
            fields.finish();
        }
        classes_[label] = std::move(variants);
        labels_.push_back(label);
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
    normalize_power(signal.samples);
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
