// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/samples.h"

#include "prunedamr/base/error.h"
#include "prunedamr/train/labelled.h"

namespace prunedamr::prune {

std::vector<std::int64_t> labelled_frames(const data::Dataset& dataset, const train::FitConfig& fine_tune)
{
    const auto frames = dataset.indices(data::Part::train);
    return fine_tune.frames_per_class > 0
               ? train::choose_labelled(dataset, frames, fine_tune.frames_per_class, fine_tune.seed)
               : frames;
}

ClassFrames draw_per_class(const data::Dataset& dataset, const std::vector<std::int64_t>& frames, int per_class,
                           std::uint64_t seed)
{
    constexpr int kLeast = 2; // one frame has no scatter
    if (per_class < kLeast)
        throw Error{ { "value out of range", "samples per class", std::to_string(per_class), "2 or more" } };
    ClassFrames drawn(dataset.class_names.size());
    for (const std::int64_t frame : train::choose_labelled(dataset, frames, per_class, seed))
        drawn[static_cast<std::size_t>(dataset.label[static_cast<std::size_t>(frame)])].push_back(frame);
    for (std::size_t c = 0; c < drawn.size(); ++c)
        if (drawn[c].size() < kLeast)
            throw Error{ { "too few labelled frames", "class " + dataset.class_names[c],
                           std::to_string(drawn[c].size()), "2 or more" } };
    return drawn;
}

} // namespace prunedamr::prune
