// SPDX-License-Identifier: GPL-3.0-or-later
#include "frame_data.h"

#include "front_end_options.h"

#include "prunedamr/synth/frame_maker.h"

#include <algorithm>
#include <cmath>
#include <memory>

namespace prunedamr::workshop {
namespace {

constexpr const char* kRecipePrefix = "synth:";
constexpr std::int64_t kPageFrames = 8192; // at most; a whole number of frames of each class
constexpr std::uint64_t kPages = 1;        // fork of the seed, away from the fixed data set's

bool is_recipe(const std::string& data)
{
    return data.rfind(kRecipePrefix, 0) == 0;
}

std::unique_ptr<synth::FrameMaker> make_maker(const FrameData& options, int threads)
{
    synth::FrameMakerConfig config;
    config.recipe = synth::load_recipe(options.data.substr(std::string(kRecipePrefix).size()));
    config.front_end = options.front_end;
    config.threads = threads;
    return std::make_unique<synth::FrameMaker>(config);
}

} // namespace

void add_frame_data_options(CLI::App& verb, FrameData& options)
{
    verb.add_option("--data", options.data,
                    "data set, .h5 or .safetensors; or synth:onair, synth:FILE.json: a recipe");
    verb.add_option("--frames-per-class", options.frames_per_class,
                    "synth: frames of each class in the fixed set that is split into parts")
        ->capture_default_str()
        ->check(CLI::Range(10, 10000000));
    verb.add_option("--data-seed", options.data_seed, "synth: of all frames")->capture_default_str();
    add_front_end_options(verb, options.front_end);
}

void add_frames_per_epoch(CLI::App& verb, FrameData& options)
{
    verb.add_option("--frames-per-epoch", options.frames_per_epoch,
                    "synth: fresh training frames of each epoch, about; they take the place of the train part")
        ->capture_default_str()
        ->check(CLI::Range(std::int64_t{ 1000 }, std::int64_t{ 1000000000 }));
}

data::Dataset load_frames(const FrameData& options)
{
    if (!is_recipe(options.data))
        return data::read_dataset(options.data);
    data::Dataset dataset = make_maker(options, 0)->make(options.frames_per_class, options.data_seed);
    data::assign_split(dataset, {}, options.data_seed);
    return dataset;
}

FramePages frame_pages(const FrameData& options)
{
    if (!is_recipe(options.data))
        return {};
    // One thread: making frames is far faster than training on them.
    std::shared_ptr<synth::FrameMaker> maker = make_maker(options, 1);
    const auto classes = static_cast<std::int64_t>(maker->class_names().size());
    const std::int64_t per_class =
        std::max<std::int64_t>(1, std::min(kPageFrames, options.frames_per_epoch) / classes);
    FramePages pages;
    pages.per_epoch = static_cast<int>(std::max<std::int64_t>(
        1, std::llround(static_cast<double>(options.frames_per_epoch) / static_cast<double>(per_class * classes))));
    const Rng seeds = Rng(options.data_seed).fork(kPages);
    pages.make = [maker, per_class, seeds](std::uint64_t page) {
        return maker->make(per_class, seeds.fork(page).next());
    };
    return pages;
}

} // namespace prunedamr::workshop
