// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace prunedamr::rx {

/// `prunedamr-rx ctl COMMAND ...`, of which `argv[0]` is "ctl": asks a receiver that runs with --web, and prints its
/// answer. The commands are those of `receiver::api_routes`. Returns the exit code.
int run_ctl(int argc, char** argv);

} // namespace prunedamr::rx
