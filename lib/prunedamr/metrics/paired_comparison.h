// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <unordered_map>

namespace prunedamr::metrics {

/// What a classifier gains or loses against another one on the same frames, and how sure that is: between two good
/// networks a few frames decide, and a difference of the size of its standard error can as well be chance.
class PairedComparison
{
public:
    /// `group`: that of the data set; frames of one group are of one signal and may all change alike.
    void add(std::int32_t truth, std::int32_t before, std::int32_t after, std::int64_t group);

    std::int64_t count() const { return count_; }
    double accuracy() const;       ///< of the one after, minus that of the one before, -1..1; 0 when empty
    double standard_error() const; ///< of that, for resampled groups (a ratio estimate over clusters); 0 when empty
    double differing() const;      ///< fraction of the decisions that are not the same, 0..1; 0 when empty

    /// {"count", "accuracy", "standard_error", "differing"}
    nlohmann::json to_json() const;

    /// For people, one line without its end: "-0.16 points, standard error 0.11; 2.9 % of the decisions differ".
    std::string to_text() const;

private:
    struct Sum {
        std::int64_t frames = 0, change = 0; ///< change: right ones gained minus lost
    };

    std::unordered_map<std::int64_t, Sum> groups_;
    std::int64_t count_ = 0, change_ = 0, differing_ = 0;
};

} // namespace prunedamr::metrics
