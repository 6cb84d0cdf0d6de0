// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr/frame_data.h"

#include "apps/common/cli.h"
#include "apps/prunedamr/front_end_options.h"

namespace prunedamr::tool {
namespace {

const std::string kRecipePrefix = "synth:";
constexpr const char* kHeading = "Data made by a recipe (synth:...)"; // of its options in --help

void refuse_recipe_options(const FrameData& options)
{
    for (const CLI::Option* option : options.command->get_options())
        if (option->get_group() == kHeading && option->count() > 0)
            throw CLI::ValidationError(option->get_name() + " belongs to --data synth:..., not to a file");
}

} // namespace

bool FrameData::is_recipe() const
{
    return data.rfind(kRecipePrefix, 0) == 0;
}

std::string FrameData::recipe() const
{
    return data.substr(kRecipePrefix.size());
}

void add_frame_data_options(CLI::App& command, FrameData& options)
{
    options.command = &command;
    command.add_option("--data", options.data,
                       "data set, .h5 or .safetensors; or synth:onair, synth:FILE.json: a recipe")
        ->type_name(cli::kInput);
    command.option_defaults()->group(kHeading);
    command
        .add_option(
            "--data-frames-per-class", options.frames_per_class,
            "frames of each class, times its weight in the recipe, in the fixed set that is split into parts")
        ->capture_default_str()
        ->check(CLI::Range(10, 10000000));
    command.add_option("--data-seed", options.data_seed, "of all frames")->capture_default_str();
    add_front_end_options(command, options.front_end);
    command.option_defaults()->group("Options");
}

void add_model_task_options(CLI::App& command, ModelTask& task, const std::string& in_the_report)
{
    command.add_option("model", task.model, "trained model file or name; compress and quantize take float32")
        ->type_name(cli::kModel)
        ->required();
    add_frame_data_options(command, task.data);
    command.get_option("--data")->required();
    command.add_option("--out", task.out, "model file to write, .safetensors")->type_name(cli::kOutput)->required();
    cli::add_json(command, task.json, "write " + in_the_report + " to this file");
}

void add_frames_per_epoch(CLI::App& command, FrameData& options)
{
    command
        .add_option("--frames-per-epoch", options.frames_per_epoch,
                    "fresh training frames of each epoch, about; they take the place of the train part")
        ->group(kHeading)
        ->capture_default_str()
        ->check(CLI::Range(std::int64_t{ 1000 }, std::int64_t{ 1000000000 }));
}

dataset::Dataset load_frames(const FrameData& options)
{
    if (options.is_recipe())
        return make_recipe_frames(options);
    refuse_recipe_options(options);
    return dataset::read_dataset(options.data);
}

FrameShards frame_shards(const FrameData& options)
{
    return options.is_recipe() ? make_recipe_pages(options) : FrameShards{};
}

} // namespace prunedamr::tool
