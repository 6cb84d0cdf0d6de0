// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr-rx/requests.h"

#include <sys/stat.h>

#include <csignal>
#include <utility>

namespace prunedamr::rx {
namespace {

constexpr auto kStill = std::chrono::milliseconds(500);

volatile std::sig_atomic_t reopen_asked = 0, reload_asked = 0, restore_asked = 0;

void on_signal(int number)
{
    (number == SIGHUP ? reopen_asked : number == SIGUSR2 ? reload_asked : restore_asked) = 1;
}

bool take(volatile std::sig_atomic_t& asked) noexcept
{
    if (!asked)
        return false;
    asked = 0;
    return true;
}

} // namespace

RequestGuard::RequestGuard() : reopen_(SIGHUP, on_signal), reload_(SIGUSR2, on_signal), restore_(SIGUSR1, on_signal)
{
}

bool take_reopen() noexcept
{
    return take(reopen_asked);
}

bool take_reload() noexcept
{
    return take(reload_asked);
}

bool take_restore() noexcept
{
    return take(restore_asked);
}

WatchedFile::WatchedFile(std::string path) : path_(std::move(path)), last_(stamp()) {}

bool WatchedFile::changed(Clock::time_point now)
{
    const Stamp found = stamp();
    if (std::exchange(last_, found) != found)
        moving_ = now;
    if (!moving_ || now - *moving_ < kStill)
        return false;
    moving_.reset();
    return true;
}

/// All zeros while there is no such file.
WatchedFile::Stamp WatchedFile::stamp() const
{
    struct stat found {
    };
    if (::stat(path_.c_str(), &found) != 0)
        return {};
    return { found.st_ino, static_cast<std::uint64_t>(found.st_size),
             static_cast<std::int64_t>(found.st_mtim.tv_sec) * 1000000000 + found.st_mtim.tv_nsec };
}

} // namespace prunedamr::rx
