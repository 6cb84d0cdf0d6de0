// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <string>

namespace prunedamr::cli {

/// What the service manager that has started the program is told, by the protocol of sd_notify(3): datagrams to the
/// socket that $NOTIFY_SOCKET names. Without one, nothing is sent; what cannot be delivered is lost. On one thread.
class Service
{
public:
    using Clock = std::chrono::steady_clock;

    /// Takes $NOTIFY_SOCKET out of the environment, so that programs which are started later do not speak for this
    /// one. To be constructed before there are threads.
    Service();
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    void ready();    ///< READY=1, when called first
    void alive();    ///< WATCHDOG=1, at most four times in $WATCHDOG_USEC; where that is not set, nothing
    void stopping(); ///< STOPPING=1

private:
    void send(const std::string& state);

    int socket_ = -1;
    bool ready_ = false;
    Clock::duration watchdog_{};   ///< between two signs of life; 0: nobody waits for them
    Clock::time_point next_alive_; ///< the earliest time of the next one
};

} // namespace prunedamr::cli
