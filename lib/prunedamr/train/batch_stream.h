// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/train/augment.h"
#include "prunedamr/train/batches.h"
#include "prunedamr/train/process_group.h"
#include "prunedamr/train/training_frames.h"

#include <future>

namespace prunedamr::train {

inline constexpr std::int64_t kNoLabel = -1; ///< label of a frame that only the teacher knows

/// The augmented batches of a page, of each of them the share of this process. While one is trained on, another
/// thread prepares the next. What is random in a frame follows from `rng` and its place in the page alone. A last
/// batch of one frame is left out, for batch norm has no variance over it, and so is one of fewer frames than
/// processes.
class BatchStream
{
public:
    /// `page` and `augmenter` must stay as long as the stream.
    /// `batch` counts the frames of each process.
    BatchStream(const Page& page, int batch, Augmenter& augmenter, const Rng& rng,
                const ProcessGroup& processes = {});

    /// The next batch, of at least two frames over all processes; false at the end.
    bool next(Batch& batch);

    std::size_t number() const { return number_; } ///< of batches given so far
    double share() const;                          ///< of the page before the present batch, 0..1

private:
    Batch prepare(std::size_t number) const;
    bool has(std::size_t number) const;

    const Page& page_;
    ProcessGroup processes_;
    std::size_t size_;  ///< frames of a batch over all processes
    std::size_t least_; ///< so many, at least
    Augmenter& augmenter_;
    Rng rng_;
    std::size_t number_ = 0;
    std::future<Batch> next_; // last: its thread ends before what it reads
};

} // namespace prunedamr::train
