// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/pipeline.h"

#include <atomic>
#include <memory>
#include <mutex>

namespace prunedamr::stream {

/// The pipeline that a stream runs on, and its way in and out: other threads set the next one, the stream's thread
/// takes it when it is between two intervals. The stream's thread neither locks, allocates nor frees: pipelines
/// that it is done with wait on a list for the next call from outside, which keeps the last of them as the previous
/// one.
class ModelSlot
{
public:
    explicit ModelSlot(std::unique_ptr<Pipeline> first) : current_(first.release()) {}
    ~ModelSlot();
    ModelSlot(const ModelSlot&) = delete;
    ModelSlot& operator=(const ModelSlot&) = delete;

    Pipeline& current() const noexcept { return *current_; } ///< stream's thread

    /// Switches to what was set last, if anything was; stream's thread.
    bool switch_model() noexcept;

    /// Any thread. What was set before and never switched to is dropped.
    void set_model(std::unique_ptr<Pipeline> next);

    /// Sets the previous pipeline again, once; false when there is none. Any thread.
    bool revert_model();

private:
    void collect();

    Pipeline* current_;
    std::atomic<Pipeline*> offered_{ nullptr };
    std::atomic<Pipeline*> retired_{ nullptr }; ///< list, the last one first
    std::mutex outside_;                        ///< among the threads that set
    std::unique_ptr<Pipeline> previous_;
};

} // namespace prunedamr::stream
