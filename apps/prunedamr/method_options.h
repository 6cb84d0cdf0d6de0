// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/prune/method_options.h"

#include <CLI/CLI.hpp>

namespace prunedamr::tool {

/// The options of every method, each in a group of its own in --help.
void add_method_options(CLI::App& command, prune::MethodOptions& options);

} // namespace prunedamr::tool
