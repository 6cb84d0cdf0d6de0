// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace prunedamr::stream {

/// Time as the classifiers read it: a test gives them a clock of its own. Any thread.
class Clock
{
public:
    virtual ~Clock() = default;
    virtual std::int64_t steady_ns() const noexcept = 0; ///< since a fixed instant; never goes back
    virtual std::int64_t system_ns() const noexcept = 0; ///< since 1970-01-01 UTC
};

/// That of this computer.
const Clock& real_clock() noexcept;

} // namespace prunedamr::stream
