// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/source.h"

#include <algorithm>
#include <cmath>
#include <thread>
#include <utility>

namespace prunedamr::receiver {
namespace {

using std::chrono::milliseconds;

constexpr double kPieceS = 0.01; ///< that is read at a time, in its time

class ReplayedSource : public Source
{
public:
    explicit ReplayedSource(ReplayConfig config)
        : config_(std::move(config)), source_(config_.open()), info_(source_->info()),
          piece_(static_cast<std::uint64_t>(std::ceil(kPieceS * info_.sample_rate_hz)))
    {
        info_.realtime = config_.realtime;
        if (!config_.clock.now)
            config_.clock = { [] {
                                 return std::chrono::duration_cast<milliseconds>(
                                     std::chrono::steady_clock::now().time_since_epoch());
                             },
                              [](milliseconds time) { std::this_thread::sleep_for(time); } };
    }

    const SourceInfo& info() const override { return info_; }

    void on_notice(NoticeHandler handler) override
    {
        source_->on_notice(handler);
        Source::on_notice(std::move(handler));
    }

    Reading read(std::complex<float>* samples, std::size_t count, milliseconds wait) override
    {
        if (config_.realtime)
            count = static_cast<std::size_t>(std::min<std::uint64_t>(count, due(wait)));
        if (count == 0)
            return {};
        Reading reading = source_->read(samples, count, wait);
        position_ += reading.count;
        if (reading.center_freq_hz)
            is_elsewhere_ = true;
        if (passes_ > 0)
            reading.time.reset(); // time goes on where a recording begins again
        if (std::exchange(is_new_pass_, false)) {
            reading.restarted = true;
            if (std::exchange(is_elsewhere_, false) && !reading.center_freq_hz)
                reading.center_freq_hz = info_.center_freq_hz;
        }
        if (reading.ended && config_.loop && position_ > begun_at_)
            begin_again(reading);
        return reading;
    }

private:
    /// Samples whose time has come, a piece of them or none; waits for them.
    std::uint64_t due(milliseconds wait)
    {
        if (!start_)
            start_ = config_.clock.now();
        const auto by_now = [&] {
            const double s = 1e-3 * static_cast<double>((config_.clock.now() - *start_).count());
            const auto end = static_cast<std::uint64_t>(std::llround(s * info_.sample_rate_hz));
            return end > position_ ? end - position_ : 0;
        };
        std::uint64_t samples = by_now();
        if (samples < piece_) {
            const auto left = std::ceil(1e3 * static_cast<double>(piece_ - samples) / info_.sample_rate_hz);
            config_.clock.sleep(std::min(wait, milliseconds(static_cast<std::int64_t>(left))));
            samples = by_now();
        }
        return samples;
    }

    void begin_again(Reading& reading)
    {
        source_ = config_.open();
        source_->on_notice([this](const std::string& text) { notice(text); });
        begun_at_ = position_;
        ++passes_;
        is_new_pass_ = true;
        reading.ended = false;
    }

    ReplayConfig config_;
    std::unique_ptr<Source> source_;
    SourceInfo info_;
    const std::uint64_t piece_;
    std::optional<milliseconds> start_;
    std::uint64_t position_ = 0, begun_at_ = 0; ///< samples; of this pass
    std::uint64_t passes_ = 0;                  ///< that have ended
    bool is_new_pass_ = false, is_elsewhere_ = false;
};

} // namespace

std::unique_ptr<Source> make_replayed_source(ReplayConfig config)
{
    return std::make_unique<ReplayedSource>(std::move(config));
}

} // namespace prunedamr::receiver
