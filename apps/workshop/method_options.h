// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/prune/methods.h"

#include <CLI/CLI.hpp>

namespace prunedamr::workshop {

/// The options of every method, each in a group of its own in --help.
void add_method_options(CLI::App& verb, prune::MethodOptions& options);

} // namespace prunedamr::workshop
