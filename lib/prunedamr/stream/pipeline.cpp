// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/pipeline.h"

#include <algorithm>

namespace prunedamr::stream {
namespace {

/// `alone`: its decisions have nothing to do with each other.
BlockClassifier block_classifier(Pipeline& pipeline, const ClassifierConfig& config, bool alone)
{
    const model::ModelInfo& info = pipeline.model.info;
    model::Decision decision = info.decision;
    decision.min_confidence = config.min_confidence.value_or(decision.min_confidence);
    if (alone)
        decision.hysteresis = 0.0;
    return { pipeline.front_end, pipeline.model.engine, DecisionAccumulator(info, decision),
             config.noise_floor_dbfs + config.squelch_margin_db };
}

std::uint64_t blocks_in(std::uint64_t samples, int block_length)
{
    const auto length = static_cast<std::uint64_t>(block_length);
    return std::max<std::uint64_t>(1, (samples + length - 1) / length);
}

} // namespace

Pipeline::Pipeline(Model wanted, const ClassifierConfig& config)
    : model(std::move(wanted)), front_end(model.info.front_end),
      stream(block_classifier(*this, config, false)), burst(block_classifier(*this, config, true)),
      block_length(front_end.block_length()), block_s(block_length / config.sample_rate_hz),
      blocks_per_interval(blocks_in(sample_count(config.interval_s, config.sample_rate_hz), block_length)),
      buffer(static_cast<std::size_t>(block_length))
{
}

void Pipeline::set_min_confidence(double min_confidence) noexcept
{
    stream.set_min_confidence(min_confidence);
    burst.set_min_confidence(min_confidence);
}

ModelSlot::~ModelSlot()
{
    collect();
    delete offered_.load();
    delete current_.load();
}

bool ModelSlot::switch_model() noexcept
{
    if (!offered_.load(std::memory_order_relaxed))
        return false;
    Pipeline* next = offered_.exchange(nullptr, std::memory_order_acquire);
    if (!next)
        return false;
    Pipeline* const last = current_.exchange(next, std::memory_order_acq_rel);
    last->next = retired_.load(std::memory_order_relaxed);
    while (
        !retired_.compare_exchange_weak(last->next, last, std::memory_order_release, std::memory_order_relaxed)) {
    }
    return true;
}

/// Keeps the last one that the stream is done with, frees the others.
void ModelSlot::collect()
{
    Pipeline* list = retired_.exchange(nullptr, std::memory_order_acquire);
    if (!list)
        return;
    Pipeline* older = list->next;
    list->next = nullptr;
    previous_.reset(list);
    while (older) {
        const std::unique_ptr<Pipeline> gone(older);
        older = gone->next;
    }
}

void ModelSlot::set_model(std::unique_ptr<Pipeline> next)
{
    const std::lock_guard lock(outside_);
    collect();
    offered_previous_ = false;
    const std::unique_ptr<Pipeline> never_taken(offered_.exchange(next.release(), std::memory_order_acq_rel));
}

bool ModelSlot::revert_model()
{
    const std::lock_guard lock(outside_);
    if (std::unique_ptr<Pipeline> never_taken{ offered_.exchange(nullptr, std::memory_order_acq_rel) }) {
        collect();
        if (offered_previous_)
            previous_ = std::move(never_taken);
        return true;
    }
    collect();
    if (!previous_)
        return false;
    offered_previous_ = true;
    offered_.store(previous_.release(), std::memory_order_release);
    return true;
}

} // namespace prunedamr::stream
