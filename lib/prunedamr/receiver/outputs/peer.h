// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/receiver/socket.h"
#include "prunedamr/receiver/source.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace prunedamr::receiver {

/// What happens to events while a peer is away, for its notice.
inline constexpr const char* kEventsMayBeLost = "events may be lost meanwhile";
inline constexpr const char* kEventsWait = "events wait meanwhile";

/// Whether an output's peer is there, when it may be tried again (after 0.5 s, then twice as long, up to 10 s,
/// until it has stayed for 10 s), and what it has cost. On one thread, but for the counts.
class PeerState
{
public:
    using Clock = std::chrono::steady_clock;

    /// `name`: of the peer in notices. `notice`: may be empty. `meanwhile`: what happens while it is away.
    PeerState(std::string name, NoticeHandler notice, const char* meanwhile = kEventsMayBeLost)
        : name_(std::move(name)), notice_(std::move(notice)), meanwhile_(meanwhile)
    {
    }

    const std::string& name() const noexcept { return name_; }
    bool is_there() const noexcept { return is_there_; }
    bool is_due(Clock::time_point now = Clock::now()) const noexcept { return is_there_ || now >= next_try_; }

    void succeeded(Clock::time_point now = Clock::now());                      ///< told when it was lost before
    void failed(const std::string& why, Clock::time_point now = Clock::now()); ///< told once for each loss
    void tell(const std::string& text) const;

    void lose(std::uint64_t events) noexcept { lost_.fetch_add(events, std::memory_order_relaxed); }
    std::uint64_t lost() const noexcept { return lost_.load(std::memory_order_relaxed); } ///< any thread
    std::uint64_t reconnects() const noexcept
    {
        return reconnects_.load(std::memory_order_relaxed);
    } ///< any thread

private:
    std::string name_;
    NoticeHandler notice_;
    const char* meanwhile_;
    bool is_there_ = false, is_told_ = false;
    std::chrono::milliseconds pause_{ 0 };
    Clock::time_point next_try_{}, there_since_{};
    std::atomic<std::uint64_t> lost_{ 0 }, reconnects_{ 0 };
};

/// A socket to a peer that may be away: what cannot be sent is lost and counted.
class SocketPeer
{
public:
    /// `open` throws `Error` while there is no peer. `is_stream`: else each message is a datagram.
    SocketPeer(std::string name, NoticeHandler notice, bool is_stream, std::function<Socket()> open);

    /// Waits no longer than a second for a peer that does not read. False: lost, and counted.
    bool send(const std::string& message);

    void look(); ///< finds a lost peer again, and one that has closed the connection
    const PeerState& state() const noexcept { return state_; }

private:
    bool connect();

    PeerState state_;
    const bool is_stream_;
    const std::function<Socket()> open_;
    std::optional<Socket> socket_;
    bool is_refusal_told_ = false;
};

} // namespace prunedamr::receiver
