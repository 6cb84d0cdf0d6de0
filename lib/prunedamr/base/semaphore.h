// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <semaphore.h>

#include <cerrno>

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

    /// False when the count is 0.
    bool try_wait() noexcept { return sem_trywait(&semaphore_) == 0; }

private:
    sem_t semaphore_;
};

} // namespace prunedamr
