// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/prune/baselines.h"
#include "prunedamr/prune/method.h"
#include "prunedamr/prune/psr/psr.h"

#include <string>
#include <vector>

namespace prunedamr::prune {

/// Options of all methods; each reads its own.
struct MethodOptions {
    PsrConfig psr;
};

/// One row for each method that `compress` offers.
struct Method {
    const char* name;
    const char* description; ///< one line for help texts
    Outcome (*run)(const Task& task, const MethodOptions& options);
};
const std::vector<Method>& methods();

/// Throws `Error` listing the known names.
const Method& method_named(const std::string& name);

} // namespace prunedamr::prune
