// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/reader.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace prunedamr::receiver {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kWait{ 100 };         ///< for samples: so long may a stop or a request take
constexpr float kAbsurd = 1e10f;             ///< what no receiver has as a sample
constexpr double kAbsurdFraction = 0.1;      ///< of the first
constexpr std::uint64_t kLookedAt = 1 << 16; ///< samples
constexpr milliseconds kHold{ 5 };           ///< the same while samples are at hand that nobody waits for

} // namespace

Reader::Reader(Source& source, BlockRing& ring, SystemClock system_time_ns, NoticeHandler notice)
    : source_(source), ring_(ring), live_(source.info().live), system_time_ns_(std::move(system_time_ns)),
      notice_(notice ? std::move(notice) : [](const std::string&) {}), block_(&ring.acquire()),
      clock_(source.info().sample_rate_hz)
{
    source_.on_notice(notice_);
}

Reader::~Reader()
{
    stop();
    if (thread_.joinable())
        thread_.join();
}

void Reader::start()
{
    thread_ = std::thread([this] { run(); });
}

void Reader::run() noexcept
{
    try {
        while (!stopping_.load(std::memory_order_relaxed) && read_once()) {
        }
    } catch (const std::exception& error) {
        fault_ = error.what();
    }
    refuse_requests();
    if (looked_at_ < kLookedAt)
        tell_if_absurd();
    block_->is_last = true;
    ring_.push(*block_);
}

/// False at the end of the source.
bool Reader::read_once()
{
    serve_request();
    const milliseconds wait = block_->count > 0 ? kHold : kWait;
    const Reading reading =
        source_.read(block_->samples + block_->count, ring_.block_samples() - block_->count, wait);
    Block& block = block_for(reading);
    block.after_gap = block.after_gap || reading.restarted;
    count_overflows(block, reading.overflows);
    rejected_.fetch_add(reading.rejected, std::memory_order_relaxed);
    look_at(block.samples + block.count, reading.count);
    lost_ = lost_ || reading.overflows > 0;
    if (reading.count > 0)
        note_time(block, reading);
    if (reading.center_freq_hz)
        block.center_freq_hz = reading.center_freq_hz;
    block.count += reading.count;
    position_ += reading.count;
    count_silence(reading.count == 0 && reading.rejected == 0, wait.count());
    const bool full = block.count == ring_.block_samples();
    if (full || (block.count > 0 && (reading.count == 0 || ring_.is_drained())))
        pass_on(full);
    return !reading.ended;
}

/// The block that the samples just read belong to: what changes with them can only stand at the start of a block.
Block& Reader::block_for(const Reading& reading)
{
    const bool changes = reading.overflows > 0 || reading.restarted || reading.center_freq_hz ||
                         (reading.time && (!has_source_time_ || is_after_gap(*reading.time)));
    if (block_->count == 0 || !changes)
        return *block_;
    const Samples read = block_->samples + block_->count;
    pass_on(true);
    std::copy(read, read + reading.count, block_->samples); // the block before is written to by this thread alone
    return *block_;
}

void Reader::note_time(Block& block, const Reading& reading)
{
    const bool lost = std::exchange(lost_, false);
    if (reading.time) {
        if (has_source_time_ && is_after_gap(*reading.time)) {
            const bool recorded = reading.time->source == stream::TimeSource::file;
            block.after_gap = block.after_gap || recorded;
            if (!recorded && !lost)
                count_overflows(block, 1); // lost unsaid
        }
        set_time(block, *reading.time);
    } else if (!clock_.is_set() || lost) {
        const double read_s = live_ ? static_cast<double>(reading.count) / source_.info().sample_rate_hz : 0.0;
        set_time(block,
                 { system_time_ns_() - static_cast<std::int64_t>(read_s * 1e9), stream::TimeSource::system });
    }
    has_source_time_ = reading.time || (has_source_time_ && !lost);
}

void Reader::set_time(Block& block, const SourceTime& time)
{
    clock_.set(position_, time.time_ns, time.source);
    if (block.count == 0)
        block.time = time;
}

void Reader::count_overflows(Block& block, std::uint64_t count)
{
    block.overflows += count;
    overflows_.fetch_add(count, std::memory_order_relaxed);
}

/// Later than the samples since the last time can explain, by two samples or more.
bool Reader::is_after_gap(const SourceTime& time) const
{
    return static_cast<double>(time.time_ns - clock_.time_ns(position_)) >= 2e9 / source_.info().sample_rate_hz;
}

/// Of the first samples.
void Reader::look_at(const Samples samples, std::size_t count)
{
    if (looked_at_ >= kLookedAt)
        return;
    for (std::size_t i = 0; i < count; ++i)
        absurd_ += !(std::abs(samples[i].real()) <= kAbsurd && std::abs(samples[i].imag()) <= kAbsurd);
    looked_at_ += count;
    if (looked_at_ >= kLookedAt)
        tell_if_absurd();
}

/// Samples that were sent in another format than they are read as.
void Reader::tell_if_absurd()
{
    if (static_cast<double>(absurd_) > kAbsurdFraction * static_cast<double>(looked_at_))
        notice_(source_.info().name + ": " + std::to_string(100 * absurd_ / looked_at_) +
                " % of the samples are no numbers or beyond 1e10: the sample format is probably another one");
}

/// Where a live source finds no room, what cannot be kept any longer (`must`) is dropped.
void Reader::pass_on(bool must)
{
    if (Block* next = live_ ? ring_.try_acquire() : &ring_.acquire()) {
        ring_.push(*std::exchange(block_, next));
        dropping_ = false;
        return;
    }
    if (!must)
        return;
    dropped_samples_.fetch_add(block_->count, std::memory_order_relaxed);
    if (!std::exchange(dropping_, true))
        count_overflows(*block_, 1);
    block_->count = 0;
    block_->time = SourceTime{ clock_.time_ns(position_), clock_.source() };
}

void Reader::count_silence(bool silent, std::int64_t waited_ms)
{
    silent_ms_ = silent ? silent_ms_ + waited_ms : 0;
    if (silent_ms_ < 1000)
        return;
    silent_ms_ = 0;
    silent_s_.fetch_add(1, std::memory_order_relaxed);
}

void Reader::tune(double center_freq_hz)
{
    std::future<void> done;
    {
        const std::lock_guard lock(request_mutex_);
        if (ended_)
            throw Error{ { "the source has ended", source_.info().name, "", "" } };
        if (request_)
            throw Error{ { "another frequency is being tuned", source_.info().name, "", "" } };
        request_.emplace(Request{ center_freq_hz, {} });
        done = request_->done.get_future();
        requested_.store(true, std::memory_order_release);
    }
    done.get();
}

void Reader::serve_request()
{
    if (!requested_.load(std::memory_order_acquire))
        return;
    const std::lock_guard lock(request_mutex_);
    try {
        if (block_->count > 0)
            pass_on(true);
        source_.tune(request_->center_freq_hz);
        block_->center_freq_hz = source_.info().center_freq_hz;
        request_->done.set_value();
    } catch (...) {
        request_->done.set_exception(std::current_exception());
    }
    request_.reset();
    requested_.store(false, std::memory_order_relaxed);
}

void Reader::refuse_requests()
{
    const std::lock_guard lock(request_mutex_);
    ended_ = true;
    if (request_)
        request_->done.set_exception(
            std::make_exception_ptr(Error{ { "the source has ended", source_.info().name, "", "" } }));
    request_.reset();
}

Reader::Counts Reader::counts() const noexcept
{
    return { overflows_.load(std::memory_order_relaxed), dropped_samples_.load(std::memory_order_relaxed),
             silent_s_.load(std::memory_order_relaxed), rejected_.load(std::memory_order_relaxed) };
}

} // namespace prunedamr::receiver
