// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/prune/prune_testing.h"

#include "prunedamr/base/rng.h"

namespace prunedamr::prune {

/// Frames of noise with random labels that fit any network: half of them train, a quarter each of the others.
inline dataset::Dataset noise_dataset(const graph::Network& network, int frames)
{
    dataset::Dataset dataset;
    const model::ModelInfo info = model::model_of(network).info;
    dataset.front_end = info.front_end;
    dataset.class_names = info.labels;
    dataset.frames = graph::noise_frames(network, frames, 17);
    Rng rng(18);
    for (int i = 0; i < frames; ++i) {
        dataset.label.push_back(static_cast<std::int32_t>(rng.integer(0, network.classes() - 1)));
        dataset.snr_db.push_back(0.0F);
        dataset.group.push_back(i);
        dataset.part.push_back(i % 4 < 2    ? dataset::Split::train
                               : i % 4 == 2 ? dataset::Split::validation
                                            : dataset::Split::test);
    }
    return dataset;
}

} // namespace prunedamr::prune
