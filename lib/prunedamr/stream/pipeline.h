// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/block_classifier.h"
#include "prunedamr/stream/classifier_config.h"
#include "prunedamr/stream/model.h"

#include <atomic>
#include <complex>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace prunedamr::stream {

/// One model at work: its front end, its engine and the accumulators of its decisions, and the sizes that follow.
struct Pipeline {
    Pipeline(Model model, const ClassifierConfig& config);
    Pipeline(const Pipeline&) = delete; ///< `stream` and `burst` refer to their neighbors
    Pipeline& operator=(const Pipeline&) = delete;

    void set_min_confidence(double min_confidence) noexcept; ///< of decisions

    Model model;
    dsp::FrontEnd front_end;
    BlockClassifier stream, burst;
    int block_length;
    double block_s;
    std::uint64_t blocks_per_interval;
    std::vector<std::complex<float>> buffer; ///< a block that is not yet full
    Pipeline* next = nullptr;                ///< of `ModelSlot`
};

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

    Pipeline& current() const noexcept { return *current_.load(std::memory_order_relaxed); } ///< stream's thread

    /// What `read` makes of the current pipeline, of that which never changes in it. Any thread.
    template <typename Read> auto read_current(Read read) const
    {
        const std::lock_guard lock(outside_); // who holds it, frees pipelines
        return read(std::as_const(*current_.load(std::memory_order_acquire)));
    }

    /// Switches to what was set last, if anything was; stream's thread.
    bool switch_model() noexcept;

    /// Any thread. What was set before and never switched to is dropped.
    void set_model(std::unique_ptr<Pipeline> next);

    /// Takes back what was set last: drops it if it was never switched to, else sets the pipeline before it again,
    /// once; false when there is none. Any thread.
    bool revert_model();

private:
    void collect();

    std::atomic<Pipeline*> current_;
    std::atomic<Pipeline*> offered_{ nullptr };
    std::atomic<Pipeline*> retired_{ nullptr }; ///< list, the last one first
    mutable std::mutex outside_;                ///< among the threads that set
    std::unique_ptr<Pipeline> previous_;
    bool offered_previous_ = false; ///< that is what was set last
};

} // namespace prunedamr::stream
