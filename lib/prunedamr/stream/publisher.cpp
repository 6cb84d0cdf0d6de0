// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/base/semaphore.h"
#include "prunedamr/base/stage_times.h"
#include "prunedamr/stream/sinks.h"

#include <boost/lockfree/spsc_queue.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <thread>

namespace prunedamr::stream {
namespace {

constexpr auto kIdle = std::chrono::milliseconds(250);

std::vector<SinkChoice> without_conditions(std::vector<std::unique_ptr<Sink>> sinks)
{
    std::vector<SinkChoice> choices;
    for (auto& sink : sinks)
        choices.push_back({ std::move(sink), {} });
    return choices;
}

/// A sink, its queue and its thread.
class SinkThread
{
public:
    /// `first_failed`: set by the first sink that fails.
    SinkThread(SinkChoice choice, bool lossless, std::size_t capacity, std::atomic<const SinkThread*>& first_failed)
        : sink_(std::move(choice.sink)), condition_(std::move(choice.condition)), lossless_(lossless),
          first_failed_(first_failed), queue_(capacity), room_(static_cast<unsigned>(capacity)), thread_([this] { run(); })
    {
    }

    ~SinkThread()
    {
        stop();
        end();
    }

    void publish(const LabelEvent& event) noexcept
    {
        if (!takes_events())
            return;
        if (condition_ && !condition_(event)) {
            filtered_.fetch_add(1, std::memory_order_relaxed);
        } else if (has_room() && queue_.push(event)) {
            wake_.post();
        } else {
            lost_.fetch_add(1, std::memory_order_relaxed);
        }
    }

    void stop() noexcept
    {
        stopping_.store(true);
        wake_.post();
    }

    /// Once it is stopped: waits until it has written what is queued. False when it had ended before.
    bool end()
    {
        if (!thread_.joinable())
            return false;
        thread_.join();
        return true;
    }

    void finish() noexcept
    {
        act([](Sink& sink) { sink.finish(); });
    }

    void abandon() noexcept
    {
        abandoned_.store(true);
        room_.post(); // for who waits for it
        sink_->abandon();
    }

    void reopen() noexcept
    {
        reopening_.store(true);
        wake_.post();
    }

    bool takes_events() const noexcept { return state_.load(std::memory_order_acquire) == State::open; }

    OutputStats stats() const noexcept
    {
        OutputStats stats;
        const std::uint64_t refused = sink_->lost(); // before what it was given: never more than that
        const std::uint64_t given = given_.load(std::memory_order_relaxed);
        stats.written = given - std::min(refused, given);
        stats.filtered = filtered_.load(std::memory_order_relaxed);
        stats.lost = lost_.load(std::memory_order_relaxed) + refused;
        stats.reconnects = sink_->reconnects();
        return stats;
    }

    std::optional<std::string> fault() const
    {
        if (state_.load(std::memory_order_acquire) != State::failed)
            return std::nullopt;
        return fault_.data();
    }

private:
    enum class State { open, ended, failed };

    /// Waits for it where nothing may be lost.
    bool has_room() noexcept
    {
        if (!lossless_ || abandoned_.load())
            return room_.try_wait();
        room_.wait();
        return true;
    }

    void run()
    {
        bool last = false;
        while (!last) {
            if (!wake_.wait_for(kIdle)) {
                act([](Sink& sink) { sink.idle(); });
                continue;
            }
            last = stopping_.load(); // read before the queue is emptied: what was published before is written
            if (reopening_.exchange(false))
                act([](Sink& sink) { sink.reopen(); });
            write_queued();
        }
    }

    void write_queued()
    {
        LabelEvent event;
        bool wrote = false;
        for (; queue_.pop(event); wrote = true) {
            room_.post();
            const StageTimer timer(Stage::write);
            act([&](Sink& sink) {
                sink.write(event);
                given_.fetch_add(1, std::memory_order_relaxed);
            });
        }
        if (wrote)
            act([](Sink& sink) { sink.flush(); });
    }

    /// A sink that fails, by whatever it throws, gets no more.
    template <typename Action> void act(const Action& action) noexcept
    {
        if (!takes_events())
            return;
        try {
            action(*sink_);
            if (sink_->has_ended())
                state_.store(State::ended, std::memory_order_release);
        } catch (const Error& e) {
            fail("", e.what());
        } catch (const std::exception& e) {
            fail("cannot write labels: found ", e.what());
        } catch (...) {
            fail("cannot write labels", "");
        }
    }

    /// Allocates nothing: memory may be what is missing.
    void fail(const char* problem, const char* found) noexcept
    {
        std::snprintf(fault_.data(), fault_.size(), "%s%s", problem, found);
        state_.store(State::failed, std::memory_order_release);
        const SinkThread* none = nullptr;
        first_failed_.compare_exchange_strong(none, this, std::memory_order_acq_rel);
    }

    const std::unique_ptr<Sink> sink_;
    const std::function<bool(const LabelEvent&)> condition_;
    const bool lossless_;
    std::atomic<const SinkThread*>& first_failed_;
    boost::lockfree::spsc_queue<LabelEvent> queue_;
    Semaphore wake_; ///< the writing thread: something is to be done
    Semaphore room_; ///< the publishing thread: the queue takes so many events more
    std::atomic<bool> stopping_{ false }, abandoned_{ false }, reopening_{ false };
    std::atomic<std::uint64_t> given_{ 0 }, filtered_{ 0 }, lost_{ 0 };
    std::array<char, 1024> fault_{}; ///< written once, before `state_`
    std::atomic<State> state_{ State::open };
    std::thread thread_;
};

} // namespace

struct Publisher::Impl {
    std::atomic<const SinkThread*> first_failed{ nullptr };
    std::vector<std::unique_ptr<SinkThread>> sinks;
};

Publisher::Publisher(std::vector<std::unique_ptr<Sink>> sinks, bool lossless, std::size_t capacity)
    : Publisher(without_conditions(std::move(sinks)), lossless, capacity)
{
}

Publisher::Publisher(std::vector<SinkChoice> sinks, bool lossless, std::size_t capacity)
    : impl_(std::make_unique<Impl>())
{
    PRUNEDAMR_CHECK(capacity > 0, "a queue holds at least one event");
    for (auto& sink : sinks)
        impl_->sinks.push_back(
            std::make_unique<SinkThread>(std::move(sink), lossless, capacity, impl_->first_failed));
}

Publisher::~Publisher()
{
    for (const auto& sink : impl_->sinks) // all at once, then wait for each
        sink->stop();
}

void Publisher::publish(const LabelEvent& event) noexcept
{
    for (const auto& sink : impl_->sinks)
        sink->publish(event);
}

void Publisher::close()
{
    for (const auto& sink : impl_->sinks)
        sink->stop();
    for (const auto& sink : impl_->sinks)
        if (sink->end())
            sink->finish();
}

void Publisher::abandon() noexcept
{
    for (const auto& sink : impl_->sinks)
        sink->abandon();
}

void Publisher::reopen() noexcept
{
    for (const auto& sink : impl_->sinks)
        sink->reopen();
}

bool Publisher::has_readers() const noexcept
{
    for (const auto& sink : impl_->sinks)
        if (sink->takes_events())
            return true;
    return impl_->sinks.empty();
}

std::optional<std::string> Publisher::fault() const
{
    const SinkThread* first = impl_->first_failed.load(std::memory_order_acquire);
    return first ? first->fault() : std::nullopt;
}

std::optional<std::string> Publisher::fault(std::size_t sink) const
{
    return impl_->sinks.at(sink)->fault();
}

OutputStats Publisher::stats(std::size_t sink) const noexcept
{
    return impl_->sinks[sink]->stats();
}

std::uint64_t Publisher::lost(std::size_t sink) const noexcept
{
    return stats(sink).lost;
}

std::uint64_t Publisher::lost() const noexcept
{
    std::uint64_t sum = 0;
    for (const auto& sink : impl_->sinks)
        sum += sink->stats().lost;
    return sum;
}

} // namespace prunedamr::stream
