// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/source.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <thread>
#include <utility>

namespace prunedamr::receiver {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSilence{ 1500 };
constexpr milliseconds kFirstPause{ 500 }, kLongestPause{ 10'000 };

SupervisorClock system_clock()
{
    return { [] {
                return std::chrono::duration_cast<milliseconds>(
                    std::chrono::steady_clock::now().time_since_epoch());
            },
             [](milliseconds time) { std::this_thread::sleep_for(time); } };
}

std::string seconds(milliseconds time)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(time.count()) / 1000.0);
    return text;
}

class SupervisedSource : public Source
{
public:
    explicit SupervisedSource(SupervisorConfig config)
        : config_(std::move(config)), clock_(config_.clock.now ? config_.clock : system_clock()),
          source_(config_.open(config_.center_freq_hz)), info_(source_->info())
    {
    }

    const SourceInfo& info() const override { return info_; }

    void on_notice(NoticeHandler handler) override
    {
        Source::on_notice(std::move(handler));
        source_->on_notice([this](const std::string& text) { notice(text); });
    }

    Reading read(std::complex<float>* samples, std::size_t count, milliseconds wait) override
    {
        if (!std::exchange(begun_, true))
            last_sample_ = clock_.now();
        if (!source_ && !reopen(wait))
            return {};
        Reading reading;
        try {
            reading = source_->read(samples, count, wait);
        } catch (const Error& fault) {
            if (!config_.reopen_when_lost || config_.fail_on_loss)
                throw;
            lose(fault.what());
            return {};
        }
        if (reading.count > 0)
            came(reading);
        else if (!reading.ended)
            watch_silence();
        return reading;
    }

    void tune(double center_freq_hz) override
    {
        if (!source_)
            throw Error{ { "the source is gone at present", info_.name, "", "" } };
        source_->tune(center_freq_hz);
        info_.center_freq_hz = source_->info().center_freq_hz;
        tuned_hz_ = center_freq_hz;
    }

    void set_gain(const GainSetting& gain) override
    {
        if (!source_)
            throw Error{ { "the source is gone at present", info_.name, "", "" } };
        source_->set_gain(gain);
        if (gain.element.empty())
            gains_.clear(); // those of the elements have changed with it
        gains_[gain.element] = gain;
    }

private:
    void came(Reading& reading)
    {
        const milliseconds now = clock_.now();
        if (silent_ || restarted_) {
            notice(info_.name + ": samples come, after " + seconds(now - last_sample_));
            reading.restarted = has_come_;
            reading.overflows += has_come_ ? 1 : 0;
            if (info_.center_freq_hz != source_->info().center_freq_hz && !reading.center_freq_hz)
                reading.center_freq_hz = source_->info().center_freq_hz;
            info_.center_freq_hz = source_->info().center_freq_hz;
            silent_ = restarted_ = false;
        }
        has_come_ = true;
        last_sample_ = now;
        pause_ = kFirstPause;
        reason_.clear();
    }

    void watch_silence()
    {
        const milliseconds now = clock_.now();
        if (now - std::max(last_sample_, opened_) < kSilence)
            return;
        const auto reason = [&] { return info_.name + ": no samples for " + seconds(now - last_sample_); };
        if (config_.fail_on_loss)
            throw Error{ { "no samples", info_.name, seconds(now - last_sample_) + " of silence", "" } };
        if (config_.reopen_when_silent)
            lose(reason());
        else if (!silent_)
            notice(reason());
        silent_ = true;
    }

    void lose(const std::string& reason)
    {
        if (reason_.empty())
            notice(reason + "; opening it again");
        reason_ = reason;
        source_.reset();
        restarted_ = true;
        next_try_ = clock_.now() + pause_;
    }

    /// One try, when it is time for it; waits for that no longer than `wait`.
    bool reopen(milliseconds wait)
    {
        const milliseconds left = next_try_ - clock_.now();
        if (left.count() > 0)
            clock_.sleep(std::min(wait, left));
        if (clock_.now() < next_try_)
            return false;
        pause_ = std::min(2 * pause_, kLongestPause);
        try {
            source_ = config_.open(tuned_hz_.value_or(config_.center_freq_hz));
            for (const auto& [element, gain] : gains_)
                source_->set_gain(gain);
        } catch (const Error& fault) {
            source_.reset();
            if (reason_ != fault.what())
                notice(std::string(fault.what()) + "; trying again");
            reason_ = fault.what();
            next_try_ = clock_.now() + pause_;
            return false;
        }
        if (std::abs(source_->info().sample_rate_hz - info_.sample_rate_hz) > 1e-3 * info_.sample_rate_hz)
            throw Error{ { "the source has come back with another sample rate", info_.name,
                           std::to_string(std::llround(source_->info().sample_rate_hz)),
                           std::to_string(std::llround(info_.sample_rate_hz)) } };
        source_->on_notice([this](const std::string& text) { notice(text); });
        opened_ = clock_.now();
        return true;
    }

    const SupervisorConfig config_;
    const SupervisorClock clock_;
    std::unique_ptr<Source> source_; ///< none while it is lost
    SourceInfo info_;
    milliseconds last_sample_{ 0 }, opened_{ 0 }, next_try_{ 0 }, pause_ = kFirstPause;
    std::optional<double> tuned_hz_;
    std::map<std::string, GainSetting> gains_; ///< that were set while samples flowed, by element
    std::string reason_;     ///< that was noticed last; empty while samples come
    bool begun_ = false;     ///< to read
    bool has_come_ = false;  ///< a sample, ever
    bool restarted_ = false; ///< no sample has come since it was lost
    bool silent_ = false;    ///< that was noticed
};

} // namespace

std::unique_ptr<Source> make_supervised_source(SupervisorConfig config)
{
    return std::make_unique<SupervisedSource>(std::move(config));
}

} // namespace prunedamr::receiver
