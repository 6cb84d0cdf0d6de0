// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/frame_source.h"
#include "tests/fuzz/fuzz_input.h"

namespace prunedamr::fuzz {

/// Reads a source to its end, a few frames at a time. What is accepted must be a valid data set;
/// only `Error` may refuse.
template <typename Open> void read_to_the_end(Open open)
{
    try {
        const auto source = open();
        dataset::Dataset piece = source->header();
        std::int64_t frames = 0;
        while (const std::int64_t read = source->read(piece, 7)) {
            dataset::validate(piece, "piece");
            frames += read;
        }
        require(frames == source->frame_count());
    } catch (const Error&) {
    }
}

} // namespace prunedamr::fuzz
