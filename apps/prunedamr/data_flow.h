// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset_file.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <string>

/// What the subcommands that make one data set of others share.
namespace prunedamr::tool {

struct DataOutput {
    dataset::WriteOptions options;
    std::string json;
};

/// --out, --validation, --test, --seed, --json.
void add_output_options(CLI::App& command, DataOutput& output);

/// `dataset::write_frames` under this command's name; prints what came out.
nlohmann::ordered_json write_frames(dataset::FrameSource& source, const DataOutput& output);

/// "1.5 GB", "12.0 MB", "830 bytes".
std::string size_text(double bytes);

/// "train 70, validation 10, test 20" of {"train": 70, ...}.
std::string list_text(const nlohmann::ordered_json& counts);

} // namespace prunedamr::tool
