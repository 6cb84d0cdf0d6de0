// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <CLI/CLI.hpp>

namespace prunedamr::rx {

/// The commands of `prunedamr-rx ctl`, which ask a receiver when the command line is parsed.
void add_ctl(CLI::App& app);

/// `prunedamr-rx ctl COMMAND ...`, of which `argv[0]` is "ctl": asks a receiver that runs with --web, and prints its
/// answer. The commands are those of `receiver::api_routes`. Returns the exit code.
int run_ctl(int argc, char** argv);

} // namespace prunedamr::rx
