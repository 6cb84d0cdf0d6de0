// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/base/semaphore.h"
#include "prunedamr/stream/sinks.h"

#include <boost/lockfree/spsc_queue.hpp>

#include <array>
#include <atomic>
#include <cstdio>
#include <exception>
#include <thread>

namespace prunedamr::stream {

struct Publisher::Impl {
    Impl(std::vector<std::unique_ptr<Sink>> wanted, bool wait_when_full, std::size_t capacity)
        : sinks(std::move(wanted)), failed(sinks.size()), lossless(wait_when_full), queue(capacity), room(static_cast<unsigned>(capacity)),
          thread([this] { run(); })
    {
    }

    ~Impl() { end(); }

    /// Writes what is queued and stops the thread; false when it had stopped.
    bool end()
    {
        if (!thread.joinable())
            return false;
        stopping.store(true);
        wake.post();
        thread.join();
        return true;
    }

    /// Waits for it where nothing may be lost.
    bool has_room() noexcept
    {
        if (!lossless || abandoned.load())
            return room.try_wait();
        room.wait();
        return true;
    }

    void close()
    {
        if (end())
            for_each_sink([](Sink& sink) { sink.finish(); });
    }

    void run()
    {
        bool last = false;
        while (!last) {
            wake.wait();
            last = stopping.load(); // read before the queue is emptied: what was published before is written
            write_queued();
        }
    }

    void write_queued()
    {
        LabelEvent event;
        bool wrote = false;
        for (; queue.pop(event); wrote = true) {
            room.post();
            std::string line;
            for_each_sink([&](Sink& sink) {
                if (line.empty())
                    line = to_json_line(event);
                sink.write(event, line);
            });
        }
        if (wrote)
            for_each_sink([](Sink& sink) { sink.flush(); });
    }

    /// A sink that fails, by whatever it throws, gets no more; the others go on.
    template <typename Action> void for_each_sink(const Action& action) noexcept
    {
        for (std::size_t i = 0; i < sinks.size(); ++i)
            try {
                if (!failed[i])
                    action(*sinks[i]);
            } catch (const Error& e) {
                fail(i, "", e.what());
            } catch (const std::exception& e) {
                fail(i, "cannot write labels: found ", e.what());
            } catch (...) {
                fail(i, "cannot write labels", "");
            }
    }

    /// Allocates nothing: memory may be what is missing.
    void fail(std::size_t sink, const char* problem, const char* found) noexcept
    {
        failed[sink] = true;
        if (!faulty.load(std::memory_order_relaxed))
            std::snprintf(fault.data(), fault.size(), "%s%s", problem, found);
        faulty.store(true, std::memory_order_release);
    }

    std::vector<std::unique_ptr<Sink>> sinks;
    std::vector<bool> failed; ///< by sink; of the writing thread
    std::atomic<bool> abandoned{ false };
    const bool lossless;
    boost::lockfree::spsc_queue<LabelEvent> queue;
    Semaphore wake; ///< the writing thread: something is queued
    Semaphore room; ///< the publishing thread: the queue takes so many events more
    std::atomic<bool> stopping{ false };
    std::atomic<std::uint64_t> lost{ 0 };
    std::array<char, 1024> fault{}; ///< written once, before `faulty`
    std::atomic<bool> faulty{ false };
    std::thread thread;
};

Publisher::Publisher(std::vector<std::unique_ptr<Sink>> sinks, bool lossless, std::size_t capacity)
{
    PRUNEDAMR_CHECK(capacity > 0, "a queue holds at least one event");
    impl_ = std::make_unique<Impl>(std::move(sinks), lossless, capacity);
}

Publisher::~Publisher() = default;

void Publisher::publish(const LabelEvent& event) noexcept
{
    if (!impl_->has_room() || !impl_->queue.push(event)) {
        impl_->lost.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    impl_->wake.post();
}

void Publisher::close()
{
    impl_->close();
}

void Publisher::abandon() noexcept
{
    impl_->abandoned.store(true);
    impl_->room.post(); // for who waits for it
    for (const auto& sink : impl_->sinks)
        sink->abandon();
}

std::optional<std::string> Publisher::fault() const
{
    if (!impl_->faulty.load(std::memory_order_acquire))
        return std::nullopt;
    return impl_->fault.data();
}

std::uint64_t Publisher::lost() const noexcept
{
    return impl_->lost.load(std::memory_order_relaxed);
}

} // namespace prunedamr::stream
