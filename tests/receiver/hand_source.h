// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/error.h"
#include "prunedamr/receiver/source.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>

namespace prunedamr::test {

/// A source that brings what the test gives it by hand, when it gives it. Sample k of the stream has the value k.
class HandSource : public receiver::Source
{
public:
    HandSource(double sample_rate_hz, bool live)
    {
        info_.name = "hand";
        info_.sample_rate_hz = sample_rate_hz;
        info_.live = live;
    }

    /// Of `reading` count and what holds from its first sample on.
    void give(receiver::Reading reading)
    {
        const std::lock_guard lock(mutex_);
        readings_.push_back(reading);
        waiting_ = false;
        changed_.notify_all();
    }

    void give(std::size_t count)
    {
        receiver::Reading reading;
        reading.count = count;
        give(reading);
    }

    void end()
    {
        receiver::Reading reading;
        reading.ended = true;
        give(reading);
    }

    void fail()
    {
        const std::lock_guard lock(mutex_);
        failed_ = true;
        changed_.notify_all();
    }

    /// Reads bring nothing, and say so at once as if their time had passed.
    void be_silent()
    {
        const std::lock_guard lock(mutex_);
        silent_ = true;
    }

    /// Reads come back no more, until `let_go`.
    void hold()
    {
        const std::lock_guard lock(mutex_);
        held_ = true;
        changed_.notify_all();
    }

    void let_go()
    {
        const std::lock_guard lock(mutex_);
        held_ = false;
        changed_.notify_all();
    }

    void wait_until_held()
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stuck_; });
    }

    /// Until all of it was read, and another read waits.
    void wait_until_read()
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return readings_.empty() && waiting_; });
    }

    const receiver::SourceInfo& info() const override { return info_; }

    receiver::Reading read(std::complex<float>* samples, std::size_t count, std::chrono::milliseconds wait) override
    {
        std::unique_lock lock(mutex_);
        if (readings_.empty() && !held_) {
            waiting_ = true;
            changed_.notify_all();
            changed_.wait_for(lock, wait, [this] { return !readings_.empty() || failed_ || silent_ || held_; });
        }
        stuck_ = held_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return !held_; });
        stuck_ = false;
        if (readings_.empty() && failed_)
            throw Error{ { "broken", "hand", "", "" } };
        if (readings_.empty())
            return {};
        receiver::Reading reading = readings_.front();
        reading.count = std::min(reading.count, count);
        for (std::size_t i = 0; i < reading.count; ++i)
            samples[i] = static_cast<float>(next_++);
        receiver::Reading rest;
        rest.count = readings_.front().count - reading.count;
        readings_.front() = rest;
        if (rest.count == 0)
            readings_.pop_front();
        return reading;
    }

    void tune(double center_freq_hz) override
    {
        if (center_freq_hz < 0)
            throw Error{ { "cannot go there", "hand", "", "" } };
        info_.center_freq_hz = center_freq_hz;
    }

private:
    receiver::SourceInfo info_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<receiver::Reading> readings_;
    bool waiting_ = false, failed_ = false, silent_ = false, held_ = false, stuck_ = false;
    std::uint64_t next_ = 0;
};

} // namespace prunedamr::test
