// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <semaphore.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <ctime>

namespace prunedamr {

/// Counting semaphore between threads (C++17 has none). `post` and `try_wait` take no lock and never block.
class Semaphore
{
public:
    explicit Semaphore(unsigned count = 0) { sem_init(&semaphore_, 0, count); }
    ~Semaphore() { sem_destroy(&semaphore_); }
    Semaphore(const Semaphore&) = delete;
    Semaphore& operator=(const Semaphore&) = delete;

    void post() noexcept { sem_post(&semaphore_); }

    void wait() noexcept
    {
        while (sem_wait(&semaphore_) != 0 && errno == EINTR) {
        }
    }

    /// False when the count stayed 0 for so long.
    bool wait_for(std::chrono::milliseconds time) noexcept
    {
        timespec end;
        clock_gettime(CLOCK_MONOTONIC, &end);
        const std::int64_t ns = end.tv_nsec + std::int64_t{ 1000000 } * time.count();
        end.tv_sec += static_cast<std::time_t>(ns / 1000000000);
        end.tv_nsec = static_cast<long>(ns % 1000000000);
        int code = 0;
        while ((code = sem_clockwait(&semaphore_, CLOCK_MONOTONIC, &end)) != 0 && errno == EINTR) {
        }
        return code == 0;
    }

    /// False when the count is 0.
    bool try_wait() noexcept { return sem_trywait(&semaphore_) == 0; }

private:
    sem_t semaphore_;
};

} // namespace prunedamr
