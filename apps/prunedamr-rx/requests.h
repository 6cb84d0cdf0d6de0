// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/interrupt.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace prunedamr::rx {

/// While one exists, SIGHUP asks for the outputs to be reopened, SIGUSR2 for the model to be read again and
/// SIGUSR1 for the model before it. One at a time in a process.
class RequestGuard
{
public:
    RequestGuard();

private:
    SignalHandler reopen_, reload_, restore_;
};

bool take_reopen() noexcept;  ///< true once for each time it was asked for
bool take_reload() noexcept;  ///< the same
bool take_restore() noexcept; ///< the same

/// A file that others replace or rewrite.
class WatchedFile
{
public:
    using Clock = std::chrono::steady_clock;

    explicit WatchedFile(std::string path);

    /// True once for each change since the construction, when it has stood still for half a second: one that is
    /// still being written is not whole. To be asked again and again.
    bool changed(Clock::time_point now = Clock::now());

private:
    struct Stamp {
        std::uint64_t inode = 0, size = 0;
        std::int64_t time_ns = 0;
        bool operator!=(const Stamp& other) const
        {
            return inode != other.inode || size != other.size || time_ns != other.time_ns;
        }
    };
    Stamp stamp() const;

    std::string path_;
    Stamp last_;
    std::optional<Clock::time_point> moving_; ///< since when `last_` is what it is, when that is not reported yet
};

} // namespace prunedamr::rx
