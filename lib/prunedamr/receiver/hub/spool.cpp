// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/hub/spool.h"

#include <algorithm>
#include <utility>

namespace prunedamr::receiver::hub {

Spool::Events::iterator Spool::forget(Events::iterator event)
{
    bytes_ -= event->second.line.size() + kOverhead;
    under_way_ -= event->second.is_under_way ? 1 : 0;
    return events_.erase(event);
}

void Spool::add(std::uint64_t seq, std::string line)
{
    if (has_begun_ && seq > next_)
        missed_ += seq - next_;
    has_begun_ = true;
    next_ = seq + 1;
    bytes_ += line.size() + kOverhead;
    events_.emplace_hint(events_.end(), seq, Event{ std::move(line) });
    for (; bytes_ > max_bytes_ && !events_.empty(); ++dropped_)
        forget(events_.begin());
}

/// What is due again is no longer under way, and as long as that happens, less is sent at a time.
void Spool::expire(Clock::time_point now)
{
    if (under_way_ == 0 || now - first_sent_ < kAgain)
        return;
    std::size_t expired = 0;
    first_sent_ = now;
    for (auto& [seq, event] : events_) {
        if (!event.is_under_way)
            continue;
        if (now - event.sent_at >= kAgain) {
            event.is_under_way = false;
            ++expired;
        } else {
            first_sent_ = std::min(first_sent_, event.sent_at);
        }
    }
    under_way_ -= expired;
    if (expired > 0)
        window_ = std::max(kMinWindow, window_ / 2);
}

std::vector<std::string_view> Spool::take(Clock::time_point now, std::size_t max_bytes)
{
    expire(now);
    std::vector<std::string_view> lines;
    std::size_t bytes = 0;
    for (auto event = events_.begin(); event != events_.end() && under_way_ < window_ && lines.size() < kMaxEvents; ++event) {
        Event& one = event->second;
        if (one.is_under_way)
            continue;
        if (!lines.empty() && bytes + one.line.size() > max_bytes)
            break;
        if (under_way_ == 0)
            first_sent_ = now;
        one.was_sent = one.is_under_way = true;
        one.sent_at = now;
        ++under_way_;
        bytes += one.line.size();
        lines.push_back(one.line);
    }
    return lines;
}

void Spool::acknowledge(const std::vector<Range>& ranges)
{
    std::size_t count = 0;
    for (const auto& [first, last] : ranges)
        for (auto event = events_.lower_bound(first); event != events_.end() && event->first <= last;) {
            const bool was_sent = event->second.was_sent;
            event = was_sent ? forget(event) : std::next(event);
            count += was_sent ? 1 : 0;
        }
    acknowledged_ += count;
    window_ = std::min(kWindow, window_ + count);
}

void Spool::send_all_again()
{
    for (auto& [seq, event] : events_)
        event.is_under_way = false;
    under_way_ = 0;
}

} // namespace prunedamr::receiver::hub
