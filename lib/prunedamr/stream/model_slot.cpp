// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/model_slot.h"

namespace prunedamr::stream {

ModelSlot::~ModelSlot()
{
    collect();
    delete offered_.load();
    delete current_;
}

bool ModelSlot::switch_model() noexcept
{
    if (!offered_.load(std::memory_order_relaxed))
        return false;
    Pipeline* next = offered_.exchange(nullptr, std::memory_order_acquire);
    if (!next)
        return false;
    current_->next = retired_.load(std::memory_order_relaxed);
    while (!retired_.compare_exchange_weak(current_->next, current_, std::memory_order_release,
                                           std::memory_order_relaxed)) {
    }
    current_ = next;
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
    const std::unique_ptr<Pipeline> never_taken(offered_.exchange(next.release(), std::memory_order_acq_rel));
}

bool ModelSlot::revert_model()
{
    const std::lock_guard lock(outside_);
    collect();
    if (!previous_)
        return false;
    const std::unique_ptr<Pipeline> never_taken(offered_.exchange(previous_.release(), std::memory_order_acq_rel));
    return true;
}

} // namespace prunedamr::stream
