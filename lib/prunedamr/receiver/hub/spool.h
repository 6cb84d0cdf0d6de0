// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/receiver/hub/messages.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace prunedamr::receiver::hub {

/// Events that no hub has acknowledged, bounded in bytes: the oldest fall out. What was sent and is not acknowledged in time is
/// sent again; a window bounds what is under way, and shrinks while no acknowledgement comes, so that hubs that are behind are not
/// buried under copies. Its clock is the caller's. One thread at a time.
class Spool
{
public:
    using Clock = std::chrono::steady_clock;

    static constexpr std::chrono::seconds kAgain{ 5 };            ///< after which an event is sent again
    static constexpr std::size_t kWindow = 2000, kMinWindow = 20; ///< events under way, at most
    static constexpr std::size_t kOverhead = 128;                 ///< bytes that an event costs beside its line

    explicit Spool(std::size_t max_bytes) : max_bytes_(max_bytes) {}

    /// `seq` is greater than all before it. What falls out is lost, and so are those that `seq` passes over.
    void add(std::uint64_t seq, std::string line);

    /// Lines to be sent now, of the lowest `seq` first: no more than `kMaxEvents` and `max_bytes` of them; valid until the next
    /// change. They count as sent.
    std::vector<std::string_view> take(Clock::time_point now, std::size_t max_bytes);

    /// What has been sent within these ranges is forgotten.
    void acknowledge(const std::vector<Range>& ranges);

    void send_all_again(); ///< another connection: what was under way may be lost

    bool has_room(std::size_t bytes) const noexcept { return bytes_ + bytes + kOverhead <= max_bytes_; }
    std::size_t waiting() const noexcept { return events_.size(); } ///< events that are not acknowledged
    std::size_t unsent() const noexcept { return events_.size() - under_way_; }
    std::size_t bytes() const noexcept { return bytes_; }
    std::uint64_t dropped() const noexcept { return dropped_; } ///< events that fell out
    std::uint64_t missed() const noexcept { return missed_; }   ///< that never came here
    std::uint64_t acknowledged() const noexcept { return acknowledged_; }

private:
    struct Event {
        std::string line;
        bool was_sent = false, is_under_way = false;
        Clock::time_point sent_at{};
    };
    using Events = std::map<std::uint64_t, Event>;

    Events::iterator forget(Events::iterator event);
    void expire(Clock::time_point now);

    const std::size_t max_bytes_;
    Events events_; ///< by seq
    std::uint64_t next_ = 0; ///< seq that is expected
    bool has_begun_ = false;
    std::size_t bytes_ = 0, under_way_ = 0, window_ = kWindow;
    Clock::time_point first_sent_{}; ///< no event under way was sent before
    std::uint64_t dropped_ = 0, missed_ = 0, acknowledged_ = 0;
};

} // namespace prunedamr::receiver::hub
