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
#include <utility>
#include <vector>

namespace prunedamr::receiver {

/// System time in ns since 1970-01-01 UTC.
using SystemClock = std::function<std::int64_t()>;

/// A time that only rises, in ms.
using SteadyClock = std::function<std::int64_t()>;
std::int64_t steady_ms();

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
        double stuck_s = 0.0;              ///< since the call of the source in which the thread is at present
    };

    /// Both must outlive it. Reading begins with `start`. `notice` is called on the reading thread.
    Reader(Source& source, BlockRing& ring, SystemClock system_time_ns, NoticeHandler notice = {},
           SteadyClock steady = steady_ms);
    ~Reader(); ///< stops and joins, unless the thread was abandoned

    /// Look on at the samples that are passed on. Before `start`.
    void set_taps(std::vector<SampleTap*> taps) noexcept { taps_ = std::move(taps); }

    /// The thread keeps `owner`, of all that it uses, as long as it runs.
    void start(std::shared_ptr<const void> owner = {});

    /// Waits for the thread, which is not abandoned.
    void join();

    /// Leaves the thread behind in the call of the source that it is in: what it has read so far is the end, and
    /// what it uses must be kept by its `owner`. False, and nothing happens, where it is in none.
    bool abandon();

    /// The stream ends soon: a last block follows those read before. Any thread.
    void stop() noexcept { stopping_.store(true, std::memory_order_relaxed); }

    /// Another tuned frequency, from the next block on, or another gain. The future is ready when the source has it, and
    /// throws what the source throws, and `Error` when reading has ended. Any thread.
    std::future<void> change(const SourceChange& change);
    void tune(double center_freq_hz) { change({ center_freq_hz, {} }).get(); }

    /// Why the source failed, if it did. Valid once the last block was taken.
    const std::optional<std::string>& fault() const { return fault_; }

    Counts counts() const noexcept; ///< any thread

private:
    static constexpr std::int64_t kNotCalled = INT64_MAX, kAbandoned = INT64_MAX - 1;
    using Samples = std::complex<float>*;
    struct Request {
        SourceChange change;
        std::promise<void> done;
    };

    void run() noexcept;
    bool read_once();
    void begin_call() { called_ms_ = steady_ms_(); }
    bool end_call();
    bool advance(stream::StreamClock& clock, const Reading& reading);
    Block& block_for(const Reading& reading, bool gap);
    void note_time(Block& block, const Reading& reading, const stream::StreamClock& next, bool gap);
    void count_overflows(Block& block, std::uint64_t count);
    void pass_on(bool must);
    void push();
    void count_silence(bool silent);
    void serve_request();
    void refuse_requests();

    Source& source_;
    BlockRing& ring_;
    const bool live_;
    const SystemClock system_time_ns_;
    const SteadyClock steady_ms_;
    Block* block_; ///< that is being filled
    stream::StreamClock clock_;
    std::vector<SampleTap*> taps_;
    double center_freq_hz_;
    std::uint64_t passed_on_ = 0; ///< samples
    std::uint64_t position_ = 0;  ///< of the next sample, dropped ones counted
    bool lost_ = false;           ///< the source reported a loss before the next sample
    std::int64_t arrived_ns_ = 0; ///< system time of the last samples
    bool told_time_ = false;      ///< some block has had the time that the clock tells
    bool dropping_ = false;
    std::int64_t heard_ms_ = 0; ///< when something came, or a whole second of silence was over
    std::atomic<bool> stopping_{ false };
    std::atomic<std::int64_t> called_ms_{ kNotCalled }; ///< when the source was called, while it is
    std::atomic<std::uint64_t> overflows_{ 0 }, dropped_samples_{ 0 }, silent_s_{ 0 }, rejected_{ 0 };
    std::optional<std::string> fault_;

    std::mutex request_mutex_;
    std::optional<Request> request_;
    std::atomic<bool> requested_{ false };
    bool ended_ = false; ///< under the mutex
    std::thread thread_;
};

} // namespace prunedamr::receiver
