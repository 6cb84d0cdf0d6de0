// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/model_chain.h"

#include <atomic>
#include <memory>
#include <mutex>

namespace prunedamr::stream {

/// The chain that a stream runs on, and its way in and out: other threads offer the next one, the stream's thread
/// takes it when it is between two intervals. The stream's thread neither locks, allocates nor frees: chains that
/// it is done with wait on a list for the next call from outside, which keeps the last of them as the previous one.
class ModelSlot
{
public:
    explicit ModelSlot(std::unique_ptr<ModelChain> first) : current_(first.release()) {}
    ~ModelSlot();
    ModelSlot(const ModelSlot&) = delete;
    ModelSlot& operator=(const ModelSlot&) = delete;

    ModelChain& current() const noexcept { return *current_; } ///< stream's thread

    /// Goes over to what was offered last, if anything was; stream's thread.
    bool take() noexcept;

    /// Any thread. What was offered before and never taken is dropped.
    void offer(std::unique_ptr<ModelChain> next);

    /// Offers the chain before the present one again, once; false when there is none. Any thread.
    bool offer_previous();

private:
    void collect();

    ModelChain* current_;
    std::atomic<ModelChain*> offered_{ nullptr };
    std::atomic<ModelChain*> retired_{ nullptr }; ///< list, the last one first
    std::mutex outside_;                          ///< among the threads that offer
    std::unique_ptr<ModelChain> previous_;
};

} // namespace prunedamr::stream
