// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/error.h"
#include "prunedamr/synth/recipe/recipe_fields.h"

#include <memory>
#include <string>
#include <vector>

namespace prunedamr::synth {

/// A thing that a recipe can name, and who makes it.
template <typename Made> struct Maker {
    const char* name;
    std::unique_ptr<Made> (*make)(Fields&);
};

template <typename Made, typename Kind> std::unique_ptr<Made> make_one(Fields& fields)
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
auto make_named(const Table& table, const char* what, const std::string& name, Fields& fields)
{
    std::string known;
    for (const auto& row : table) {
        if (name == row.name)
            return row.make(fields);
        known += (known.empty() ? "" : ", ") + std::string(row.name);
    }
    throw Error({ std::string("unknown ") + what, fields.where(), name, known });
}

} // namespace prunedamr::synth
