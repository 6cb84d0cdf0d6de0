// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/synth/recipe/distribution.h"

#include <nlohmann/json.hpp>

#include <limits>
#include <set>
#include <string>
#include <vector>

namespace prunedamr::synth {

/// One object of a recipe, read strictly: every key that is asked for must be there, and `finish` refuses keys that
/// nobody asked for. Errors name the object and the key.
class Fields
{
public:
    static constexpr double kInfinity = std::numeric_limits<double>::infinity();

    Fields(const nlohmann::json& object, std::string where);

    Distribution distribution(const char* key, double least = -kInfinity, double most = kInfinity);
    Choice choice(const char* key, const std::vector<std::string>& names);
    double number(const char* key, double least = -kInfinity, double most = kInfinity);
    double probability(const char* key); ///< 0..1
    std::string text(const char* key);
    const nlohmann::json& at(const char* key);
    bool has(const char* key) const;

    /// Throws `Error` naming a key that was not read.
    void finish(const char* expected = "a key of the shipped recipe") const;

    const std::string& where() const { return where_; }

private:
    const nlohmann::json& object_;
    std::string where_;
    std::set<std::string> read_;
};

} // namespace prunedamr::synth
