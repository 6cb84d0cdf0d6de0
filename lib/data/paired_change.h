// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>

namespace prunedamr::data {

/// What a classifier gains or loses against another one on the same frames, and how sure that is: a few frames
/// decide between two good networks, and a difference below its standard error is none.
class PairedChange
{
public:
    void add(std::int32_t truth, std::int32_t before, std::int32_t after);

    std::int64_t count() const { return count_; }
    double accuracy() const;       ///< of the one after, minus that of the one before, -1..1; 0 when empty
    double standard_error() const; ///< of that, for frames drawn anew (McNemar 1947); 0 when empty
    double differing() const;      ///< share of the decisions that are not the same, 0..1; 0 when empty

    /// {"count", "accuracy", "standard_error", "differing"}
    nlohmann::json to_json() const;

    /// For people, one line without its end: "-0.16 points, standard error 0.11; 2.9 % of the decisions differ".
    std::string to_text() const;

private:
    std::int64_t count_ = 0, gained_ = 0, lost_ = 0, differing_ = 0;
};

} // namespace prunedamr::data
