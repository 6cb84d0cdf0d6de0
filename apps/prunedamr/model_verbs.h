// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <CLI/CLI.hpp>

namespace prunedamr::tool {

void add_model_update(CLI::App& model);      ///< the verbs `diff` and `patch` of `model`
void add_model_torchscript(CLI::App& model); ///< its verb `export-torchscript`

} // namespace prunedamr::tool
