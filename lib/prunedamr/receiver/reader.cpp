// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/reader.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/stage_times.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace prunedamr::receiver {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kWait{ 100 }; ///< for samples: so long may a stop or a request take
constexpr milliseconds kHold{ 5 };   ///< the same while samples are at hand that nobody waits for

} // namespace

std::int64_t steady_ms()
{
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Reader::Reader(Source& source, BlockRing& ring, SystemClock system_time_ns, NoticeHandler notice,
               SteadyClock steady)
    : source_(source), ring_(ring), live_(source.info().live), system_time_ns_(std::move(system_time_ns)),
      steady_ms_(std::move(steady)), block_(&ring.acquire()), clock_(source.info().sample_rate_hz),
      center_freq_hz_(source.info().center_freq_hz)
{
    source_.on_notice(std::move(notice));
}

Reader::~Reader()
{
    stop();
    join();
}

void Reader::join()
{
    if (thread_.joinable())
        thread_.join();
}

void Reader::start(std::shared_ptr<const void> owner)
{
    try {
        thread_ = std::thread([this, owner = std::move(owner)] { run(); });
    } catch (const std::system_error&) {
        block_->is_last = true; // whoever takes blocks must come to an end
        ring_.push(*block_);
        throw;
    }
}

bool Reader::abandon()
{
    std::int64_t called = called_ms_;
    while (called != kNotCalled && !called_ms_.compare_exchange_weak(called, kAbandoned)) {
    }
    if (called == kNotCalled)
        return false;
    stop();
    thread_.detach();
    block_->is_last = true; // from now on the thread touches nothing but the source
    ring_.push(*block_);
    return true;
}

/// False when the thread was abandoned meanwhile, or before.
bool Reader::end_call()
{
    std::int64_t called = called_ms_;
    while (called != kAbandoned && !called_ms_.compare_exchange_weak(called, kNotCalled)) {
    }
    return called != kAbandoned;
}

void Reader::run() noexcept
{
    heard_ms_ = steady_ms_();
    try {
        while (!stopping_.load(std::memory_order_relaxed) && read_once()) {
        }
    } catch (const std::exception& error) {
        if (end_call())
            fault_ = error.what();
    }
    if (!end_call())
        return;
    refuse_requests();
    block_->is_last = true;
    push();
}

/// False at the end of the source.
bool Reader::read_once()
{
    serve_request();
    if (!end_call())
        return false;
    const milliseconds wait = block_->count > 0 ? kHold : kWait;
    begin_call();
    const Reading reading = [&] {
        const StageTimer timer(Stage::read);
        return source_.read(block_->samples + block_->count, ring_.block_samples() - block_->count, wait);
    }();
    if (!end_call())
        return false;
    position_ += reading.skipped;
    stream::StreamClock next = clock_;
    const bool gap = reading.count > 0 && advance(next, reading);
    Block& block = block_for(reading, gap);
    block.after_gap = block.after_gap || reading.restarted;
    count_overflows(block, reading.overflows);
    rejected_.fetch_add(reading.rejected, std::memory_order_relaxed);
    lost_ = lost_ || reading.overflows > 0;
    if (reading.count > 0)
        note_time(block, reading, next, gap);
    if (reading.center_freq_hz)
        block.center_freq_hz = reading.center_freq_hz;
    if (reading.visit)
        block.visit = reading.visit;
    block.count += reading.count;
    position_ += reading.count;
    count_silence(reading.count == 0 && reading.rejected == 0);
    const bool full = block.count == ring_.block_samples();
    if (full || (block.count > 0 && (reading.count == 0 || ring_.is_drained())))
        pass_on(full);
    return !reading.ended;
}

/// Takes the clock on to the samples just read: true where others are missing before them. Of a live source that
/// does not stamp its samples their arrival tells the time, of one that can wait that of the first.
bool Reader::advance(stream::StreamClock& clock, const Reading& reading)
{
    const std::int64_t now_ns = system_time_ns_();
    const std::int64_t waited_ns = now_ns - std::exchange(arrived_ns_, now_ns);
    const bool lost = lost_ || reading.overflows > 0;
    if (lost)
        clock.on_loss();
    if (reading.time)
        return clock.on_stamp(position_, reading.time->time_ns, reading.time->source);
    if (live_)
        return clock.on_arrival(position_ + reading.count, now_ns, waited_ns);
    if (!clock.is_set() || lost)
        clock.on_arrival(position_, now_ns, 0);
    return false;
}

/// The block that the samples just read belong to: what changes with them can only stand at the start of a block.
Block& Reader::block_for(const Reading& reading, bool gap)
{
    const bool changes = reading.overflows > 0 || reading.restarted || reading.center_freq_hz || gap ||
                         (reading.time && !clock_.is_stamped());
    if (block_->count == 0 || !changes)
        return *block_;
    const Samples read = block_->samples + block_->count;
    pass_on(true);
    std::copy(read, read + reading.count, block_->samples); // the block before is written to by this thread alone
    return *block_;
}

void Reader::note_time(Block& block, const Reading& reading, const stream::StreamClock& next, bool gap)
{
    const bool lost = std::exchange(lost_, false);
    const bool recorded = reading.time && reading.time->source == stream::TimeSource::file;
    if (gap && recorded)
        block.after_gap = true;
    else if (gap && !lost)
        count_overflows(block, 1); // lost unsaid
    told_time_ =
        told_time_ && reading.skipped == 0 && !reading.time && clock_.is_set() && next.time_ns(position_) == clock_.time_ns(position_);
    clock_ = next;
    if (block.count > 0 || std::exchange(told_time_, true))
        return;
    block.time = SourceTime{ clock_.time_ns(position_), clock_.source() };
}

void Reader::count_overflows(Block& block, std::uint64_t count)
{
    block.overflows += count;
    overflows_.fetch_add(count, std::memory_order_relaxed);
}

/// That of which `position_` is the end.
void Reader::push()
{
    center_freq_hz_ = block_->center_freq_hz.value_or(center_freq_hz_);
    const Tapped passed{ block_->samples, block_->count, source_.info().first_sample + passed_on_,
                         clock_.time_ns(position_ - block_->count), center_freq_hz_, block_->after_gap || block_->overflows > 0 || block_->visit };
    for (SampleTap* tap : taps_)
        if (passed.count > 0)
            tap->take(passed);
    passed_on_ += block_->count;
    ring_.push(*block_);
}

/// Where a live source finds no room, what cannot be kept any longer (`must`) is dropped.
void Reader::pass_on(bool must)
{
    if (Block* next = live_ ? ring_.try_acquire() : &ring_.acquire()) {
        push();
        block_ = next;
        if (!live_)
            heard_ms_ = steady_ms_(); // that no block was free is no silence of the source
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

void Reader::count_silence(bool silent)
{
    const std::int64_t now_ms = steady_ms_(), seconds = (now_ms - heard_ms_) / 1000;
    heard_ms_ = silent ? heard_ms_ + 1000 * seconds : now_ms;
    silent_s_.fetch_add(static_cast<std::uint64_t>(seconds), std::memory_order_relaxed);
}

std::future<void> Reader::change(const SourceChange& change)
{
    const std::lock_guard lock(request_mutex_);
    if (ended_)
        throw Error{ { "the source has ended", source_.info().name, "", "" } };
    if (request_)
        throw Error{ { "another change is under way", source_.info().name, "", "" } };
    request_.emplace(Request{ change, {} });
    requested_.store(true, std::memory_order_release);
    return request_->done.get_future();
}

/// Without the mutex while the source is at work: a driver may take seconds, and who asks meanwhile is told so.
void Reader::serve_request()
{
    if (!requested_.load(std::memory_order_acquire))
        return;
    std::exception_ptr fault;
    try {
        const SourceChange& wanted = request_->change; // nobody else touches it until it is answered
        if (block_->count > 0)
            pass_on(true);
        begin_call();
        if (wanted.center_freq_hz)
            source_.tune(*wanted.center_freq_hz);
        if (wanted.gain)
            source_.set_gain(*wanted.gain);
        if (!end_call())
            throw Error{ { "the source has ended", source_.info().name, "", "" } };
        if (wanted.center_freq_hz)
            block_->center_freq_hz = source_.info().center_freq_hz;
    } catch (...) {
        fault = std::current_exception();
    }
    const std::lock_guard lock(request_mutex_);
    fault ? request_->done.set_exception(fault) : request_->done.set_value();
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
             silent_s_.load(std::memory_order_relaxed), rejected_.load(std::memory_order_relaxed),
             1e-3 * static_cast<double>(std::max<std::int64_t>(steady_ms_() - called_ms_.load(), 0)) };
}

} // namespace prunedamr::receiver
