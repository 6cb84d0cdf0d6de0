// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/receiver/block_ring.h"
#include "prunedamr/receiver/source.h"
#include "prunedamr/stream/clock.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace prunedamr::receiver {

/// System time in ns since 1970-01-01 UTC.
using SystemClock = std::function<std::int64_t()>;

/// The thread that reads a source into a ring. A block is passed on when it is full, when nothing else waits in the
/// ring, or when the source has brought nothing for `kHold`. A source that can wait is read no faster than blocks
/// come back; of a live one the blocks that find no room are dropped, and a stretch of them counts as one overflow.
/// Every loss is marked on the block after it, with the time that is right there.
class Reader
{
public:
    struct Counts {
        std::uint64_t overflows = 0;       ///< of the source, and of the ring
        std::uint64_t dropped_samples = 0; ///< of blocks that found no room
        std::uint64_t silent_s = 0;        ///< whole seconds in which nothing came
        std::uint64_t rejected = 0;        ///< messages that were no samples
    };

    /// Both must outlive it. Reading begins with `start`. `notice` is called on the reading thread.
    Reader(Source& source, BlockRing& ring, SystemClock system_time_ns, NoticeHandler notice = {});
    ~Reader(); ///< stops, and waits for the thread

    void start();

    /// The stream ends soon: a last block follows those read before. Any thread.
    void stop() noexcept { stopping_.store(true, std::memory_order_relaxed); }

    /// Another tuned frequency, from the next block on; returns when the source has it. Throws what the source
    /// throws, and `Error` when reading has ended. Any thread.
    void tune(double center_freq_hz);

    /// Why the source failed, if it did. Valid once the last block was taken.
    const std::optional<std::string>& fault() const { return fault_; }

    Counts counts() const noexcept; ///< any thread

private:
    using Samples = std::complex<float>*;
    struct Request {
        double center_freq_hz;
        std::promise<void> done;
    };

    void run() noexcept;
    bool read_once();
    bool advance(stream::StreamClock& clock, const Reading& reading);
    Block& block_for(const Reading& reading, bool gap);
    void note_time(Block& block, const Reading& reading, const stream::StreamClock& next, bool gap);
    void count_overflows(Block& block, std::uint64_t count);
    void pass_on(bool must);
    void count_silence(bool silent, std::int64_t waited_ms);
    void serve_request();
    void refuse_requests();

    Source& source_;
    BlockRing& ring_;
    const bool live_;
    const SystemClock system_time_ns_;
    Block* block_; ///< that is being filled
    stream::StreamClock clock_;
    std::uint64_t position_ = 0;  ///< of the next sample, dropped ones counted
    bool lost_ = false;           ///< the source reported a loss before the next sample
    std::int64_t arrived_ns_ = 0; ///< system time of the last samples
    bool told_time_ = false;      ///< some block has had the time that the clock tells
    bool dropping_ = false;
    std::int64_t silent_ms_ = 0;
    std::atomic<bool> stopping_{ false };
    std::atomic<std::uint64_t> overflows_{ 0 }, dropped_samples_{ 0 }, silent_s_{ 0 }, rejected_{ 0 };
    std::optional<std::string> fault_;

    std::mutex request_mutex_;
    std::optional<Request> request_;
    std::atomic<bool> requested_{ false };
    bool ended_ = false; ///< under the mutex
    std::thread thread_;
};

} // namespace prunedamr::receiver
