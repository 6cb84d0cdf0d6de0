// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/source.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/stage_times.h"
#include "prunedamr/dsp/conditioner.h"
#include "prunedamr/stream/clock.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace prunedamr::receiver {
namespace {

constexpr int kMaxReads = 256; ///< of the source, for one that asks
constexpr double kMaxPpm = 10'000.0;
constexpr double kMaxSamples = 1e18;

std::uint64_t samples_of(const Extent& extent, double rate_hz)
{
    const double samples = extent.in_samples ? extent.value : extent.value * rate_hz;
    if (!(samples >= 0.0 && samples <= kMaxSamples))
        throw InvalidArgument{ { "bad part of a recording", "", std::to_string(samples) + " samples", "0..1e18" } };
    return static_cast<std::uint64_t>(std::llround(samples));
}

dsp::ConditionerConfig dsp_config(const ConditioningConfig& config, double rate_hz)
{
    return { rate_hz,
             config.swap_iq,
             config.dc_block,
             config.iq_balance,
             config.offset_tune_hz - config.offset_hz,
             config.bandwidth_hz };
}

void check(const ConditioningConfig& config, const SourceInfo& source)
{
    const double rate_hz = source.sample_rate_hz;
    const double edge_hz = std::abs(config.offset_tune_hz - config.offset_hz) + config.bandwidth_hz / 2.0;
    if (edge_hz > rate_hz / 2.0)
        throw InvalidArgument{ { "the channel lies outside of the band", source.name,
                                 std::to_string(std::llround(edge_hz)) + " Hz from the middle",
                                 "up to " + std::to_string(std::llround(rate_hz / 2.0)) } };
    if (!(std::abs(config.ppm) <= kMaxPpm))
        throw InvalidArgument{ { "bad clock error", source.name, std::to_string(config.ppm) + " ppm",
                                 "-10000 to 10000 ppm" } };
    if (source.live && config.start.value > 0.0)
        throw InvalidArgument{ { "a live source cannot start later", source.name, "", "a recording" } };
}

class ConditionedSource : public Source
{
public:
    ConditionedSource(std::unique_ptr<Source> source, const ConditioningConfig& config)
        : config_(config), source_(std::move(source)), info_(source_->info()),
          clock_(info_.sample_rate_hz * clock_error()),
          conditioner_((check(config, info_), dsp_config(config, info_.sample_rate_hz))),
          skip_(samples_of(config.start, info_.sample_rate_hz))
    {
        if (config.length.value > 0.0)
            end_ = skip_ + samples_of(config.length, info_.sample_rate_hz);
        info_.center_freq_hz = above(info_.center_freq_hz);
        info_.first_sample = skip_ / static_cast<std::uint64_t>(conditioner_.decimation());
        info_.sample_rate_hz *= clock_error() / conditioner_.decimation();
    }

    const SourceInfo& info() const override { return info_; }

    void on_notice(NoticeHandler handler) override
    {
        source_->on_notice(handler);
        Source::on_notice(std::move(handler));
    }

    /// Of a source that brings samples a read brings some, if that does not take too long.
    Reading read(std::complex<float>* samples, std::size_t count, std::chrono::milliseconds wait) override
    {
        skip_ahead();
        Reading reading;
        for (int i = 0; i < kMaxReads; ++i)
            if (!read_once(samples, count, wait, reading) || reading.count > 0)
                break;
        return reading;
    }

    void tune(double center_freq_hz) override
    {
        source_->tune((center_freq_hz - shift()) / clock_error());
        info_.center_freq_hz = above(source_->info().center_freq_hz);
    }

    void set_gain(const GainSetting& gain) override { source_->set_gain(gain); }

private:
    double clock_error() const { return 1.0 + 1e-6 * config_.ppm; }
    double shift() const { return config_.offset_hz - config_.offset_tune_hz; }
    double above(double center_freq_hz) const { return center_freq_hz * clock_error() + shift(); }

    /// To the start, or as near as the source can go without reading.
    void skip_ahead()
    {
        while (position_ < skip_) {
            const Reading got = source_->skip(skip_ - position_);
            if (got.count == 0)
                return;
            note(got);
            position_ += got.count;
        }
    }

    /// False when the source has brought nothing, or ended.
    bool read_once(std::complex<float>* samples, std::size_t count, std::chrono::milliseconds wait,
                   Reading& reading)
    {
        const std::uint64_t left = end_ - position_;
        const Reading got =
            left > 0 ? source_->read(samples, static_cast<std::size_t>(std::min<std::uint64_t>(count, left)), wait)
                     : Reading();
        note(got);
        const auto skipped =
            static_cast<std::size_t>(std::min<std::uint64_t>(got.count, skip_ - std::min(skip_, position_)));
        if (skipped > 0)
            std::copy(samples + skipped, samples + got.count, samples);
        position_ += got.count;
        {
            const StageTimer timer(Stage::condition);
            reading.count = conditioner_.process(samples, got.count - skipped);
        }
        reading.ended = got.ended || position_ == end_;
        reading.rejected += got.rejected;
        if (got.ended && skip_ > 0 && position_ <= skip_)
            notice("warning: " + info_.name + ": the start lies behind the end: found " +
                   std::to_string(position_) + " samples, expected more than " + std::to_string(skip_));
        if (reading.count > 0)
            pass_on(reading);
        return got.count > 0 && !reading.ended;
    }

    /// What holds from the source's sample on is kept until a sample leaves for which it holds.
    void note(const Reading& got)
    {
        if (got.time)
            clock_.set(position_, got.time->time_ns, got.time->source);
        pending_time_ = pending_time_ || got.time;
        if (got.center_freq_hz)
            pending_.center_freq_hz = above(*got.center_freq_hz);
        pending_.overflows += got.overflows;
        pending_.restarted = pending_.restarted || got.restarted;
    }

    void pass_on(Reading& reading)
    {
        if (std::exchange(pending_time_, false)) {
            const auto decimation = static_cast<std::uint64_t>(conditioner_.decimation());
            reading.time = SourceTime{ clock_.time_ns(skip_ + made_ * decimation), clock_.source() };
        }
        reading.overflows = pending_.overflows;
        reading.restarted = pending_.restarted;
        reading.center_freq_hz = pending_.center_freq_hz;
        pending_ = {};
        made_ += reading.count;
    }

    const ConditioningConfig config_;
    const std::unique_ptr<Source> source_;
    SourceInfo info_;
    stream::SampleClock clock_; ///< of the source's samples
    dsp::Conditioner conditioner_;
    const std::uint64_t skip_;
    std::uint64_t end_ = UINT64_MAX;
    std::uint64_t position_ = 0, made_ = 0; ///< samples taken and given
    bool pending_time_ = false;             ///< the clock was set, and no sample has left since
    Reading pending_;
};

} // namespace

bool ConditioningConfig::does_nothing() const
{
    return !swap_iq && !dc_block && !iq_balance && offset_tune_hz == 0.0 && offset_hz == 0.0 &&
           bandwidth_hz == 0.0 && ppm == 0.0 && start.value == 0.0 && length.value == 0.0;
}

std::unique_ptr<Source> make_conditioned_source(std::unique_ptr<Source> source, const ConditioningConfig& config)
{
    if (config.does_nothing())
        return source;
    return std::make_unique<ConditionedSource>(std::move(source), config);
}

} // namespace prunedamr::receiver
