// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/sample_history.h"

#include <algorithm>
#include <cstring>

namespace prunedamr::receiver {
namespace {

constexpr double kEpochs = 6.0;
constexpr double kShortestEpoch = 1 << 14, kLongestEpoch = 1 << 21; ///< samples, of `detect::Detector`
constexpr std::size_t kAhead = 1 << 17; ///< that are read before they are classified, and as many again
constexpr std::chrono::milliseconds kLook{ 100 };                   ///< between two looks at whether it is abandoned

static_assert(sizeof(std::complex<float>) == sizeof(std::uint64_t));
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

} // namespace

std::size_t SampleHistory::capacity_for(double sample_rate_hz) noexcept
{
    return static_cast<std::size_t>(kEpochs * std::clamp(sample_rate_hz, kShortestEpoch, kLongestEpoch)) + kAhead;
}

void SampleHistory::begin_run(const SourceInfo& source)
{
    wait_until_done();
    starts_.reset();
    known_.clear();
    rate_hz_ = source.sample_rate_hz;
    can_wait_ = !source.live;
    capacity_ = capacity_for(rate_hz_);
    ring_.reset(new std::atomic<std::uint64_t>[capacity_]); // without values: a page is resident once it is used
    begin_ = source.first_sample;
    end_ = writing_ = begin_;
    is_open_ = false;
}

void SampleHistory::announce() noexcept
{
    if (announced_.load() == done_.load())
        announced_at_.store(end_.load());
    announced_.fetch_add(1);
}

void SampleHistory::done() noexcept
{
    done_.fetch_add(1);
    if (is_waiting_.load())
        progress_.post();
}

void SampleHistory::abandon() noexcept
{
    is_abandoned_.store(true);
}

/// Of a source that can wait each announced event is done once.
void SampleHistory::wait_until_done() noexcept
{
    is_waiting_.store(true);
    while (can_wait_ && announced_.load() != done_.load() && !is_abandoned_.load())
        progress_.wait_for(kLook);
    is_waiting_.store(false);
}

/// False when there is no room to say so: these samples are left out, and so are others until there is.
bool SampleHistory::begins_stretch(const Tapped& samples) noexcept
{
    if (is_open_ && !samples.after_gap && samples.center_freq_hz == center_freq_hz_ && samples.first_sample == end_.load())
        return true;
    is_open_ = starts_.push({ samples.first_sample, end_.load(), samples.center_freq_hz });
    center_freq_hz_ = samples.center_freq_hz;
    return is_open_;
}

void SampleHistory::take(const Tapped& samples) noexcept
{
    // Half of the ring is behind what is announced, the other half may be written meanwhile.
    if (can_wait_ && announced_.load() != done_.load() &&
        samples.first_sample + samples.count > announced_at_.load() + capacity_ / 2)
        wait_until_done();
    if (samples.count <= capacity_ && begins_stretch(samples))
        store(samples);
}

/// Who copies at the same time sees by `writing_` that what it has may be of both.
void SampleHistory::store(const Tapped& samples) noexcept
{
    const std::uint64_t end = samples.first_sample + samples.count;
    writing_.store(end, std::memory_order_relaxed);
    std::size_t place = samples.first_sample % capacity_;
    for (std::size_t i = 0; i < samples.count; ++i) {
        std::uint64_t bits;
        std::memcpy(&bits, &samples.samples[i], sizeof bits);
        ring_[place].store(bits, std::memory_order_release);
        if (++place == capacity_)
            place = 0;
    }
    end_.store(end, std::memory_order_release);
}

bool SampleHistory::copy(std::uint64_t first, std::size_t count, std::complex<float>* out) const noexcept
{
    std::size_t place = first % capacity_;
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t bits = ring_[place].load(std::memory_order_acquire);
        std::memcpy(static_cast<void*>(&out[i]), &bits, sizeof bits);
        if (++place == capacity_)
            place = 0;
    }
    return writing_.load(std::memory_order_relaxed) <= first + capacity_;
}

std::uint64_t SampleHistory::oldest() const noexcept
{
    const std::uint64_t written = writing_.load();
    return std::max(begin_, written - std::min<std::uint64_t>(written, capacity_));
}

void SampleHistory::follow()
{
    starts_.consume_all([&](const Start& start) { known_.push_back(start); });
    while (known_.size() > 1 && known_[1].first <= oldest())
        known_.pop_front();
}

SampleHistory::Stretch SampleHistory::around(std::uint64_t sample)
{
    const std::uint64_t end = end_.load(std::memory_order_acquire); // before the starts: those of its samples are there
    follow();
    const std::uint64_t oldest = this->oldest();
    const auto next = std::find_if(known_.begin(), known_.end(), [&](const Start& start) { return start.first > sample; });
    if (next == known_.begin())
        return {};
    Stretch found{ std::max((next - 1)->first, oldest), end, (next - 1)->center_freq_hz, next == known_.end() };
    if (!found.goes_on)
        found.end = next->end_before;
    return sample >= found.first && sample < found.end ? found : Stretch{};
}

} // namespace prunedamr::receiver
