// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"

#include <string>
#include <vector>

namespace prunedamr::prune {

struct MethodOptions;
struct PruneResult;
struct PruneContext;

/// One row for each method that `compress` offers.
struct Method {
    const char* name;
    const char* description; ///< one line for help texts
    PruneResult (*run)(const PruneContext& context, const MethodOptions& options);
    /// True when the options say how small the result is, so that no budget is needed; null: never.
    bool (*chooses_alone)(const MethodOptions& options) = nullptr;
};
PRUNEDAMR_API const std::vector<Method>& methods();

/// Throws `Error` listing the known names.
PRUNEDAMR_API const Method& method_named(const std::string& name);

} // namespace prunedamr::prune
