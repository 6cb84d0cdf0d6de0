// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"
#include "prunedamr/synth/recipe/impairments.h"
#include "prunedamr/synth/recipe/modulator.h"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace prunedamr::synth {

/// What signals there are and what happens to them, as a JSON file says it (comments allowed): classes, each a
/// modulator with its random quantities, and impairments in the order in which they act. The shipped recipe is
/// `recipe/onair.json`; it says everything once, so that a copy of it is where to begin.
class Recipe
{
public:
    /// Throws `Error` naming `where`, the object and the key: unknown or missing keys, values out of range, unknown
    /// modulators and stages, no stage or more than one that brings the noise.
    Recipe(const std::string& json_text, const std::string& where);

    const std::string& name() const { return name_; }
    const std::vector<std::string>& labels() const { return transmitters_->labels(); }
    const Transmitters& transmitters() const { return *transmitters_; }
    double weight(const std::string& label) const; ///< of its number of frames, 1 where the recipe names none
    double snr_low_db() const { return snr_.low(); }
    double snr_high_db() const { return snr_.high(); }

    /// Length of a reception that may take `longest` samples at most: shorter at times, as short bursts are.
    int draw_length(int shortest, int longest, Rng& rng) const;

    /// `count` samples of one class, everything random drawn from `rng`; `snr_db` NaN, or below the least of the class: from
    /// the recipe's range, from that least one on.
    /// Throws `Error` for an unknown label.
    Reception receive(const std::string& label, int count, float snr_db, Rng& rng) const;

    const std::string& hash() const { return hash_; } ///< of the JSON text

private:
    struct RandomStage {
        std::unique_ptr<Stage> stage;
        double probability;
    };

    std::string hash_;
    std::string name_;
    std::unique_ptr<Transmitters> transmitters_;
    std::map<std::string, double> weights_, least_snr_;
    std::vector<RandomStage> steps_;
    Distribution snr_;
    Distribution level_;         ///< of the result, dB
    double short_ = 0.0;         ///< probability of a reception shorter than the block
    double short_samples_ = 0.0; ///< least length
    double symbols_ = 0.0;       ///< that a reception holds at least
};

/// The text of a recipe that the library carries; `name`: "onair". Throws `Error` listing the names.
const std::string& shipped_recipe(const std::string& name);

/// The text of `onair.json`, compiled in.
extern const char* const kOnairRecipe;

} // namespace prunedamr::synth
