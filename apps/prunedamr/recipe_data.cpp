// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr/frame_data.h"

#include "prunedamr/base/rng.h"
#include "prunedamr/synth/frame_maker.h"

#include <algorithm>
#include <cmath>
#include <memory>

namespace prunedamr::tool {
namespace {

constexpr std::int64_t kPageFrames = 8192; // at most; a whole number of frames of each class
constexpr std::uint64_t kPages = 1;        // fork of the seed, away from the fixed data set's

std::unique_ptr<synth::FrameMaker> make_maker(const FrameData& options, int threads)
{
    synth::FrameMakerConfig config;
    config.recipe = synth::load_recipe(options.recipe());
    config.front_end = options.front_end;
    config.threads = threads;
    return std::make_unique<synth::FrameMaker>(config);
}

} // namespace

dataset::Dataset make_recipe_frames(const FrameData& options)
{
    dataset::Dataset dataset = make_maker(options, 0)->make(options.frames_per_class, options.data_seed);
    dataset::assign_split(dataset, {}, options.data_seed);
    return dataset;
}

FrameShards make_recipe_pages(const FrameData& options)
{
    // One thread: making frames is far faster than training on them.
    std::shared_ptr<synth::FrameMaker> maker = make_maker(options, 1);
    const double weight = maker->total_weight();
    const auto per_class = std::max<std::int64_t>(
        1,
        static_cast<std::int64_t>(static_cast<double>(std::min(kPageFrames, options.frames_per_epoch)) / weight));
    FrameShards shards;
    shards.per_epoch =
        static_cast<int>(std::max<std::int64_t>(1, std::llround(static_cast<double>(options.frames_per_epoch) /
                                                                (static_cast<double>(per_class) * weight))));
    const Rng seeds = Rng(options.data_seed).fork(kPages);
    shards.make = [maker, per_class, seeds](std::uint64_t shard) {
        return maker->make(per_class, seeds.fork(shard).next());
    };
    return shards;
}

} // namespace prunedamr::tool
