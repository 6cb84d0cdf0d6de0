// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/error.h"
#include "prunedamr/base/json_object.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/synth/recipe/distribution.h"
#include "prunedamr/synth/signal/symbols.h"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace prunedamr::synth {

/// How fast and how wide a drawn signal may be.
struct SignalLimits {
    double narrowest = 0.0;      ///< nominal bandwidth, cycles per sample
    double widest = 0.9;         ///< the same
    double longest_symbol = 1e9; ///< samples per symbol, or per period of the message's highest frequency
    bool pauses = true;          ///< there may be silence between messages or packets; else words of a keyed code are
                                 ///< at most so many chips apart:
    static constexpr double kLongestGap = 10.0;
    bool unshaped = false; ///< PSK and QAM keep each symbol until the next: rectangular pulses
};

/// A kind of transmitter with everything that it draws at random.
class Modulator
{
public:
    virtual ~Modulator() = default;

    /// `count` samples around frequency zero, mean power about 1 while it is on. A limit wins over the recipe's own
    /// ranges, the bandwidth over the symbol.
    virtual Signal modulate(int count, const SignalLimits& limits, Rng& rng) const = 0;
};

/// "linear", "keying", "cpm", "am", "fm", "ofdm", "chirp", "carrier", "sweep", "hops", "impulses", "comb",
/// "alphabet", "tones".
const std::vector<std::string>& modulator_names();

/// Reads the modulator's own keys; the caller finishes `fields`. Throws `Error` for an unknown name or a bad value.
std::unique_ptr<Modulator> make_modulator(const std::string& name, JsonObject& fields);

/// The makers behind `make_modulator`.
std::unique_ptr<Modulator> make_linear_modulator(JsonObject& fields);
std::unique_ptr<Modulator> make_keying_modulator(JsonObject& fields);
std::unique_ptr<Modulator> make_cpm_modulator(JsonObject& fields);
std::unique_ptr<Modulator> make_am_modulator(JsonObject& fields);
std::unique_ptr<Modulator> make_fm_modulator(JsonObject& fields);
std::unique_ptr<Modulator> make_ofdm_modulator(JsonObject& fields);
std::unique_ptr<Modulator> make_chirp_modulator(JsonObject& fields);
std::unique_ptr<Modulator> make_carrier_modulator(JsonObject& fields);
std::unique_ptr<Modulator> make_sweep_modulator(JsonObject& fields);
std::unique_ptr<Modulator> make_hop_modulator(JsonObject& fields);
std::unique_ptr<Modulator> make_impulse_modulator(JsonObject& fields);
std::unique_ptr<Modulator> make_comb_modulator(JsonObject& fields);
std::unique_ptr<Modulator> make_alphabet_modulator(JsonObject& fields);
std::unique_ptr<Modulator> make_tones_modulator(JsonObject& fields);

/// Labeled emissions of recordings, played again. Keys "captures" (files), "label" and "bandwidth" (in which they are
/// played, cycles per sample). Throws `Error` when no annotation has this label.
std::unique_ptr<Modulator> make_recorded_modulator(JsonObject& fields);

/// A symbol duration from `law` at which a signal of `bandwidth` symbol rates keeps the limits.
double draw_symbol_duration(const Distribution& law, double bandwidth, const SignalLimits& limits, Rng& rng);

/// A bandwidth from `law` that keeps the limits.
double draw_bandwidth(const Distribution& law, const SignalLimits& limits, Rng& rng);

/// A thing that a recipe can name, and who makes it.
template <typename Made> struct Maker {
    const char* name;
    std::unique_ptr<Made> (*make)(JsonObject&);
};

template <typename Made, typename Kind> std::unique_ptr<Made> make_one(JsonObject& fields)
{
    return std::make_unique<Kind>(fields);
}

template <typename Table> std::vector<std::string> names_of(const Table& table)
{
    std::vector<std::string> names;
    for (const auto& row : table)
        names.emplace_back(row.name);
    return names;
}

/// Throws `Error` listing the names when `name` is none of them; `what` is "stage" or the like.
template <typename Table>
auto make_named(const Table& table, const char* what, const std::string& name, JsonObject& fields)
{
    std::string known;
    for (const auto& row : table) {
        if (name == row.name)
            return row.make(fields);
        known += (known.empty() ? "" : ", ") + std::string(row.name);
    }
    throw Error({ std::string("unknown ") + what, fields.where(), name, known });
}

/// The classes of a recipe: each a modulator, or several with weights. The class without a modulator is noise.
class Transmitters
{
public:
    Transmitters(const Transmitters&) = delete; // collisions hold on to it
    /// "modulators": {name: {key: value, ...}}, values that the classes share; "classes": {label: {"modulator":
    /// name, key: value that differs, ...}}, or a list of such objects, each with a "weight" (1 if it has none).
    /// The modulator "collision" sends two of the classes above it at once, "recorded" is `make_recorded_modulator`.
    /// Throws `Error` naming class and key.
    Transmitters(const nlohmann::ordered_json& modulators, const nlohmann::ordered_json& classes,
                 const std::string& where);

    const std::vector<std::string>& labels() const { return labels_; } ///< in the order of the recipe

    /// Throws `Error` listing the labels if `label` is none of them.
    void require(const std::string& label) const;

    bool is_noise(const std::string& label) const; ///< a class that sends nothing

    /// A transmitter of the class as it leaves the modulator, mean power 1; `label` must be a class with modulator.
    Signal transmit(const std::string& label, int count, const SignalLimits& limits, Rng& rng) const;

    /// The same of any class but noise.
    Signal transmit_any(int count, const SignalLimits& limits, Rng& rng) const;

private:
    struct Variants {
        std::vector<double> cumulative;
        std::vector<std::unique_ptr<Modulator>> modulators;
    };

    std::string where_;
    std::vector<std::string> labels_;
    std::map<std::string, Variants> classes_;
};

} // namespace prunedamr::synth
