// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace prunedamr::tool {

/// Where a subcommand takes its frames from: a data set file, or a recipe ("synth:onair", "synth:FILE.json").
struct FrameData {
    std::string data;
    FrontEndSpec front_end;              ///< recipe: how its frames are made
    std::int64_t frames_per_class = 500; ///< recipe: of the fixed data set that is split
    std::uint64_t data_seed = 1;         ///< recipe
    std::int64_t frames_per_epoch = 100000;
    const CLI::App* command = nullptr; ///< whose options these are

    bool is_recipe() const;
    std::string recipe() const; ///< name or file
};

/// --data and the options that go with a recipe.
void add_frame_data_options(CLI::App& command, FrameData& options);

/// What a subcommand that turns a model into another one takes and gives.
struct ModelTask {
    std::string model; ///< file that is there
    FrameData data;
    std::string out;  ///< model file to write
    std::string json; ///< report; empty: none
};

/// The model, --data with its options, --out and --json.
void add_model_task_options(CLI::App& command, ModelTask& task, const std::string& in_the_report);

/// --frames-per-epoch, of subcommands that train.
void add_frames_per_epoch(CLI::App& command, FrameData& options);

/// Reads the file, or makes the fixed data set of a recipe. Throws `CLI::ValidationError` for options of a recipe
/// with a file: they would do nothing.
dataset::Dataset load_frames(const FrameData& options);

/// Endless training frames of a recipe in shards, none twice and none of the fixed data set.
struct FrameShards {
    std::function<dataset::Dataset(std::uint64_t shard)> make; ///< empty where the data are a file
    int per_epoch = 1;
};
FrameShards frame_shards(const FrameData& options);

/// What the two above do with a recipe.
dataset::Dataset make_recipe_frames(const FrameData& options);
FrameShards make_recipe_pages(const FrameData& options);

} // namespace prunedamr::tool
