// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/synth/recipe/modulator.h"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <string>
#include <vector>

namespace prunedamr::synth {

/// The classes of a recipe: each a modulator, or several with weights. The class without a modulator is noise.
class Transmitters
{
public:
    Transmitters(const Transmitters&) = delete; // collisions hold on to it
    /// "modulators": {name: {key: value, ...}}, values that the classes share; "classes": {label: {"modulator":
    /// name, key: value that differs, ...}}, or a list of such objects, each with a "weight" (1 if it has none).
    /// The modulator "collision" sends two of the classes above it at once. Throws `Error` naming class and key.
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
