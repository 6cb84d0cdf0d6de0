// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/stream/sinks.h"

#include <boost/lockfree/spsc_queue.hpp>

#include <semaphore.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <thread>

namespace prunedamr::stream {
namespace {

constexpr auto kBackPressure = std::chrono::microseconds(100);

/// Wakes the writing thread; posting takes no lock.
class Semaphore
{
public:
    Semaphore() { sem_init(&semaphore_, 0, 0); }
    ~Semaphore() { sem_destroy(&semaphore_); }
    Semaphore(const Semaphore&) = delete;
    Semaphore& operator=(const Semaphore&) = delete;

    void post() noexcept { sem_post(&semaphore_); }

    void wait() noexcept
    {
        while (sem_wait(&semaphore_) != 0 && errno == EINTR) {
        }
    }

private:
    sem_t semaphore_;
};

} // namespace

struct Publisher::Impl {
    Impl(std::vector<std::unique_ptr<Sink>> wanted, bool wait_when_full, std::size_t capacity)
        : sinks(std::move(wanted)), failed(sinks.size()), lossless(wait_when_full), queue(capacity),
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
            const std::string line = to_json_line(event);
            for_each_sink([&](Sink& sink) { sink.write(event, line); });
        }
        if (wrote)
            for_each_sink([](Sink& sink) { sink.flush(); });
    }

    /// A sink that fails gets no more; the others go on.
    template <typename Action> void for_each_sink(const Action& action)
    {
        for (std::size_t i = 0; i < sinks.size(); ++i)
            try {
                if (!failed[i])
                    action(*sinks[i]);
            } catch (const Error& e) {
                failed[i] = true;
                if (!faulty.load(std::memory_order_relaxed))
                    fault = e.what();
                faulty.store(true, std::memory_order_release);
            }
    }

    std::vector<std::unique_ptr<Sink>> sinks;
    std::vector<bool> failed; ///< by sink; of the writing thread
    std::atomic<bool> abandoned{ false };
    const bool lossless;
    boost::lockfree::spsc_queue<LabelEvent> queue;
    Semaphore wake;
    std::atomic<bool> stopping{ false };
    std::atomic<std::uint64_t> lost{ 0 };
    std::string fault; ///< written once, before `faulty`
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
    while (!impl_->queue.push(event)) {
        if (!impl_->lossless || impl_->abandoned.load(std::memory_order_relaxed)) {
            impl_->lost.fetch_add(1, std::memory_order_relaxed);
            return;
        }
        std::this_thread::sleep_for(kBackPressure);
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
    for (const auto& sink : impl_->sinks)
        sink->abandon();
}

std::optional<std::string> Publisher::fault() const
{
    if (!impl_->faulty.load(std::memory_order_acquire))
        return std::nullopt;
    return impl_->fault;
}

std::uint64_t Publisher::lost() const noexcept
{
    return impl_->lost.load(std::memory_order_relaxed);
}

} // namespace prunedamr::stream
