// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/json_object.h"
#include "prunedamr/base/rng.h"

#include <string>
#include <vector>

namespace prunedamr::synth {

/// A random quantity as a recipe writes it:
///   3              always 3
///   [2, 64]        uniform between the two
///   {"log": [2, 64]}        log-uniform, both ends above 0
///   {"one_of": [64, 128]}   one of these, equally likely
class Distribution
{
public:
    Distribution() = default;
    explicit Distribution(double constant);

    /// The value of `key`, which must be there.
    Distribution(JsonObject& fields, const char* key, double min = -JsonObject::kInfinity,
                 double max = JsonObject::kInfinity);

    /// Throws `Error` with `where` for any other form, or a value outside `min`..`max`.
    static Distribution from_json(const nlohmann::json& json, const std::string& where, double min, double max);

    double draw(Rng& rng) const;

    /// The same law confined to `low`..`high` (the nearest value of that range where they do not meet).
    double draw_within(double low, double high, Rng& rng) const;

    double low() const;
    double high() const;

private:
    enum class Law { uniform, log_uniform, one_of };

    Law law_ = Law::uniform;
    std::vector<double> values_ = { 0.0, 0.0 }; ///< low, high; or the alternatives, ascending
};

/// Named alternatives with weights: {"rectangular": 1, "gaussian": 3}. Each name stands for its place in the list
/// of known names.
class WeightedChoice
{
public:
    WeightedChoice() = default;

    /// The value of `key`, which must be there.
    WeightedChoice(JsonObject& fields, const char* key, const std::vector<std::string>& names);

    /// Throws `Error` with `where` for unknown names, negative weights, or weights that are all zero.
    static WeightedChoice from_json(const nlohmann::json& json, const std::string& where,
                                    const std::vector<std::string>& names);

    int draw(Rng& rng) const; ///< index into the known names

private:
    std::vector<double> cumulative_;
};

} // namespace prunedamr::synth
