// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/signal_handler.h"

#include <cstdint>
#include <string>

namespace prunedamr::rx {

/// While one exists, SIGHUP asks for the outputs to be opened anew, SIGUSR2 for the model to be read again and
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

/// A file that others replace or write anew.
class WatchedFile
{
public:
    explicit WatchedFile(std::string path);

    /// Since it was last said, or the construction; said once the file has stood still for `kStill` calls, so that
    /// it is not read while it is written.
    bool changed();

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

    static constexpr int kStill = 6;

    std::string path_;
    Stamp known_, last_;
    int still_ = 0; ///< calls that found the same
};

} // namespace prunedamr::rx
