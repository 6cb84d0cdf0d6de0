// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/outputs/peer.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace prunedamr::receiver {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{ 500 }, kLongestPause{ 10'000 };

} // namespace

void PeerState::succeeded(Clock::time_point now)
{
    if (std::exchange(is_there_, true))
        return;
    there_since_ = now;
    if (!std::exchange(is_told_, false))
        return;
    reconnects_.fetch_add(1, std::memory_order_relaxed);
    tell(meanwhile_ == kEventsMayBeLost ? "connected again; " + std::to_string(lost()) + " events lost so far" : "connected again");
}

void PeerState::failed(const std::string& why, Clock::time_point now)
{
    if (std::exchange(is_there_, false) && now - there_since_ >= kLongestPause)
        pause_ = milliseconds(0);
    pause_ = std::clamp(2 * pause_, kFirstPause, kLongestPause);
    next_try_ = now + pause_;
    if (!std::exchange(is_told_, true))
        tell(why + "; retrying, and " + meanwhile_);
}

void PeerState::tell(const std::string& text) const
{
    if (notice_)
        notice_(name_ + ": " + text);
}

SocketPeer::SocketPeer(std::string name, NoticeHandler notice, bool is_stream, std::function<Socket()> open)
    : state_(std::move(name), std::move(notice)), is_stream_(is_stream), open_(std::move(open))
{
}

bool SocketPeer::connect()
{
    if (socket_ || !state_.is_due())
        return socket_.has_value();
    try {
        socket_.emplace(open_());
        state_.succeeded();
    } catch (const Error& error) {
        state_.failed(error.parts().problem + ": " + error.parts().found);
    }
    return socket_.has_value();
}

void SocketPeer::look()
{
    std::byte ignored[256];
    try {
        while (connect() && is_stream_ && socket_->receive(ignored, sizeof ignored, milliseconds(0))) {
        }
    } catch (const Error& error) {
        socket_.reset();
        state_.failed(error.parts().problem);
    }
}

bool SocketPeer::send(const std::string& message)
{
    look();
    const auto* bytes = reinterpret_cast<const std::byte*>(message.data());
    try {
        if (socket_) {
            is_stream_ ? socket_->send_all(bytes, message.size()) : socket_->send_datagram(bytes, message.size());
            return true;
        }
    } catch (const SystemError& error) {
        if (!is_stream_ && (error.code() == ECONNREFUSED || error.code() == EMSGSIZE || error.code() == EAGAIN)) {
            if (!std::exchange(is_refusal_told_, true)) // of an earlier datagram, which the peer did not take
                state_.tell(error.parts().found + "; events are lost");
        } else {
            socket_.reset();
            state_.failed(error.parts().problem + ": " + error.parts().found);
        }
    }
    state_.lose(1);
    return false;
}

} // namespace prunedamr::receiver
