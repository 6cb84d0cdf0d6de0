// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <CLI/CLI.hpp>

/// The verbs of the command `prunedamr`; each adds its subcommand, whose callback does the work.
namespace prunedamr::tool {

void add_synth(CLI::App& app);
CLI::App* add_synth_scene(CLI::App& synth); ///< of the verb `synth`
void add_data(CLI::App& app);
void add_train(CLI::App& app);
void add_compress(CLI::App& app);
void add_quantize(CLI::App& app);
void add_calibrate(CLI::App& app);
void add_eval(CLI::App& app);
void add_bench(CLI::App& app);
void add_report(CLI::App& app);
void add_measure(CLI::App& app);
void add_model(CLI::App& app);

} // namespace prunedamr::tool
