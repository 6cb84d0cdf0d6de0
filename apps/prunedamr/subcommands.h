// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <CLI/CLI.hpp>

namespace prunedamr::tool {

/// Each adds a subcommand that does its work in its callback; errors are thrown as `Error`.
void add_synth(CLI::App& app);
void add_data(CLI::App& app);
void add_train(CLI::App& app);
void add_adapt(CLI::App& app);
void add_gate(CLI::App& app);
void add_compress(CLI::App& app);
void add_quantize(CLI::App& app);
void add_calibrate(CLI::App& app);
void add_eval(CLI::App& app);
void add_bench(CLI::App& app);
void add_report(CLI::App& app);
void add_measure(CLI::App& app);
void add_label(CLI::App& app);
void add_systems(CLI::App& app);
void add_model(CLI::App& app);
void add_key(CLI::App& app);

CLI::App* add_synth_scene(CLI::App& synth); ///< of `synth`

// Of `data`.
void add_data_import(CLI::App& data);
void add_data_info(CLI::App& data);
void add_data_split(CLI::App& data);
void add_data_merge(CLI::App& data);
void add_data_plot(CLI::App& data);

// Of `model`.
void add_model_update(CLI::App& model);      ///< `diff` and `patch`
void add_model_torchscript(CLI::App& model); ///< `export-torchscript`

} // namespace prunedamr::tool
