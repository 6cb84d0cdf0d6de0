// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace prunedamr {

/// While one exists, SIGINT and SIGTERM only set a flag, so that long work can stop at a clean place
/// (a second signal ends the process at once). One at a time in a process.
class InterruptGuard
{
public:
    InterruptGuard();
    ~InterruptGuard();
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;
};

/// True once SIGINT or SIGTERM arrived under a guard.
bool interrupted() noexcept;

/// The signal that arrived (SIGINT, SIGTERM), or 0.
int interrupt_signal() noexcept;

} // namespace prunedamr
