// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <CLI/CLI.hpp>

/// What `prunedamr data` can do; each adds its subcommand to that verb, whose callback does the work.
namespace prunedamr::tool {

void add_data_import(CLI::App& data);
void add_data_info(CLI::App& data);
void add_data_split(CLI::App& data);
void add_data_merge(CLI::App& data);
void add_data_plot(CLI::App& data);

} // namespace prunedamr::tool
