// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/band_extractor.h"
#include "prunedamr/receiver/outputs/peer.h"
#include "prunedamr/receiver/outputs/sinks.h"
#include "prunedamr/recording/sigmf_label.h"
#include "prunedamr/recording/sigmf_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <utility>

namespace prunedamr::receiver {
namespace {

using stream::LabelEvent;

constexpr double kAround = 8.0;           ///< rate of a recording over the width of its emission
constexpr double kLeastOfEvent = 4096.0;  ///< samples of the emission,
constexpr double kLeastOfAll = 32768.0;   ///< and of the recording, where the stream has as many
constexpr double kWhole = 0.67;           ///< of the stream's rate: a recording takes all of it from here on
constexpr double kBeside = 0.125;         ///< of the recording's rate, from its middle to the emission's
constexpr double kPassband = 0.9;         ///< of the recording's rate, half down
constexpr std::size_t kAtOnce = 1 << 19;  ///< samples of the stream that are filtered at once
constexpr std::uint64_t kMost = 1 << 22;  ///< samples of a recording
constexpr std::size_t kMostWaiting = 64;  ///< events whose end has not come yet
constexpr std::int64_t kAgainNs = 60'000'000'000;
constexpr double kLeastScore = 0.05; ///< of what is sure, or like another one, no label is asked for

std::uint64_t ceil_divide(std::uint64_t a, std::uint64_t b)
{
    return (a + b - 1) / b;
}

/// Whether an event is wanted, on the thread that publishes. Of a signal that goes on only now and then one is.
class Choice
{
public:
    /// `is_once`: of each signal.
    Choice(std::function<bool(const LabelEvent&)> condition, SampleHistory& history, bool is_once)
        : condition_(std::move(condition)), history_(&history), is_once_(is_once)
    {
    }

    bool operator()(const LabelEvent& event) noexcept
    {
        if (!condition_(event) || !is_news(event))
            return false;
        history_->announce();
        return true;
    }

private:
    struct Seen {
        std::uint64_t track = 0;
        stream::FixedString<24> label;
        std::int64_t time_ns = 0; ///< of the recording,
        std::int64_t last_ns = 0; ///< and of the last event
    };

    bool is_news(const LabelEvent& event) noexcept
    {
        if (event.is_whole)
            return true;
        const auto end = seen_.begin() + static_cast<std::ptrdiff_t>(count_);
        auto seen = std::find_if(seen_.begin(), end, [&](const Seen& s) { return s.track == event.track; });
        if (seen != end) {
            seen->last_ns = event.time_ns;
            if (is_once_ || (seen->label.view() == event.label.view() && std::llabs(event.time_ns - seen->time_ns) < kAgainNs))
                return false;
        } else if (count_ < seen_.size()) {
            ++count_;
        } else {
            seen = std::min_element(seen_.begin(), seen_.end(),
                                    [](const Seen& a, const Seen& b) { return a.last_ns < b.last_ns; });
        }
        *seen = { event.track, event.label, event.time_ns, event.time_ns };
        return true;
    }

    const std::function<bool(const LabelEvent&)> condition_;
    SampleHistory* const history_;
    const bool is_once_;
    std::array<Seen, 64> seen_;
    std::size_t count_ = 0;
};

/// What a recording takes out of the stream.
struct Cut {
    dsp::CutBand band;
    std::uint64_t first = 0, count = 0; ///< samples of the recording, counted from the start of the stream
    double rate_hz = 0.0, center_freq_hz = 0.0;

    bool is_whole_band() const { return band.decimation == 1; }
    std::uint64_t step() const { return static_cast<std::uint64_t>(band.decimation); }
};

Cut plan_cut(const LabelEvent& event, const SampleHistory::Stretch& stretch, std::uint64_t first, std::uint64_t end,
             double rate_hz)
{
    Cut cut;
    const double length = std::max(1.0, static_cast<double>(end - first));
    const double wanted = std::max({ kAround * event.bandwidth_hz / rate_hz,
                                     kLeastOfEvent / std::max(1.0, static_cast<double>(event.sample_count)),
                                     kLeastOfAll / length, 100.0 / rate_hz });
    cut.center_freq_hz = stretch.center_freq_hz;
    if (wanted < kWhole) {
        cut.band.decimation = dsp::BandExtractor::decimation_for(wanted);
        const double part = 1.0 / cut.band.decimation, most = 0.5 - 0.5 * part;
        const double emission = (event.center_freq_hz - stretch.center_freq_hz) / rate_hz;
        const double center = std::clamp(emission - std::copysign(kBeside * part, emission), -most, most);
        cut.band.center = center;
        cut.band.low = center - 0.5 * kPassband * part;
        cut.band.high = center + 0.5 * kPassband * part;
        cut.band.transition = (1.0 - kPassband) * part;
        cut.center_freq_hz += center * rate_hz;
    }
    cut.rate_hz = rate_hz / cut.band.decimation;
    cut.first = ceil_divide(first, cut.step());
    cut.count = std::min(kMost, end / cut.step() - std::min(cut.first, end / cut.step()));
    return cut;
}

class SnippetSink final : public stream::Sink
{
public:
    SnippetSink(const SnippetConfig& config, SampleHistory& history, NoticeHandler notice)
        : before_s_(config.before_s), after_s_(config.after_s), is_asking_(config.store.keeps_teaching), folder_(config.store.folder), kept_(config.kept), store_(config.store), history_(history),
          state_("snippets:" + config.store.folder, std::move(notice))
    {
        // Once, or what grows leaves holes behind. Pages that nothing was written to take no memory.
        in_.reserve(2 * kAtOnce);
        out_.reserve(kAtOnce);
    }

    void write(const LabelEvent& event) override
    {
        waiting_.push_back(event);
        record_ready(waiting_.size() > kMostWaiting ? 1 : 0);
    }

    void idle() override
    {
        history_.follow();
        record_ready(0);
        store_.remove_old();
    }

    void finish() override { record_ready(waiting_.size()); }
    void abandon() noexcept override { history_.abandon(); }
    std::uint64_t lost() const noexcept override { return state_.lost(); }

private:
    std::uint64_t samples(double time_s) const
    {
        return static_cast<std::uint64_t>(std::llround(time_s * history_.sample_rate_hz()));
    }

    static std::uint64_t end_of(const LabelEvent& event) { return event.sample_start + event.sample_count; }

    /// Those whose end has come, and at least so many.
    void record_ready(std::size_t least)
    {
        while (!waiting_.empty()) {
            const LabelEvent& event = waiting_.front();
            const auto stretch = history_.around(end_of(event) - std::min<std::uint64_t>(1, event.sample_count));
            const bool comes = stretch.goes_on && stretch.end < end_of(event) + samples(after_s_);
            if (comes && least == 0 && !history_.is_waited_for())
                return;
            try {
                record(event, stretch);
            } catch (const std::exception& failure) {
                lose(failure.what());
            }
            history_.done();
            waiting_.pop_front();
            least -= std::min<std::size_t>(least, 1);
        }
    }

    void record(const LabelEvent& event, const SampleHistory::Stretch& stretch)
    {
        const std::uint64_t before = samples(before_s_);
        std::uint64_t first = std::max(stretch.first, event.sample_start - std::min(before, event.sample_start));
        const std::uint64_t end = std::min(stretch.end, end_of(event) + samples(after_s_));
        if (first >= end)
            return lose("its samples are gone, the disk or this computer is too slow");
        Cut cut = plan_cut(event, stretch, first, end, history_.sample_rate_hz());
        if (const std::uint64_t most = kMost * cut.step(); end - first > most && event.sample_start > first) {
            // What is before the emission must not push it out.
            const std::uint64_t lead = (most - std::min<std::uint64_t>(most, event.sample_count)) / 2;
            first = std::max(first, event.sample_start - std::min(lead, event.sample_start));
            cut = plan_cut(event, stretch, first, end, history_.sample_rate_hz());
        }
        const std::int64_t time_ns = time_of(event, cut);
        const std::string name = SnippetStore::name_of(event.time_ns, event.center_freq_hz, std::string(event.label.view()));
        if (cut.count == 0)
            return;
        if (store_.has(name))
            return tell_once("it is kept already: " + name, had_);
        const Traits traits = Traits::of(event);
        const Teaching teaching = Teaching::of(event, is_asking_ ? store_.novelty(traits) : 1.0);
        const std::uint64_t bytes = cut.count * sizeof(std::complex<float>);
        if (is_asking_ && teaching.score() < kLeastScore)
            return;
        const auto room = store_.room_for(bytes, teaching.score());
        if (room == SnippetStore::Room::none_for_less)
            return;
        if (room == SnippetStore::Room::too_large)
            return lose("a recording is larger than the budget");
        recording::RecordingInfo info;
        info.format = recording::SampleFormat::cf32_le;
        info.sample_rate_hz = cut.rate_hz;
        info.center_freq_hz = cut.center_freq_hz;
        info.time_ns = time_ns;
        info.description = fmt::format("{}: {}", event.source.view(), stream::to_text_line(event));
        recording::SigmfWriter writer(store_.unfinished(name), info);
        if (!copy(cut, first, end, writer))
            return lose("its samples were overwritten, the disk or this computer is too slow");
        writer.add(annotation(event, cut));
        writer.finish();
        recording::add_event(store_.unfinished(name), stream::to_json_line(event), is_asking_ ? teaching.to_json() : "");
        if (!store_.make_room(bytes, teaching.score())) // now that there is something to make it for
            return;
        store_.add(name, std::string(event.label.view()), traits, teaching.score());
        if (kept_)
            kept_(folder_ + "/" + name, event);
    }

    std::int64_t time_of(const LabelEvent& event, const Cut& cut) const
    {
        const double samples = static_cast<double>(cut.first * cut.step()) - static_cast<double>(event.sample_start);
        return event.time_ns + std::llround(1e9 * samples / history_.sample_rate_hz());
    }

    /// False when samples were overwritten meanwhile.
    bool copy(const Cut& cut, std::uint64_t first, std::uint64_t end, recording::SigmfWriter& writer)
    {
        const std::uint64_t reach = cut.is_whole_band() ? 0 : dsp::BandExtractor::reach(cut.band) + 1;
        const std::uint64_t most = std::max<std::uint64_t>(1, kAtOnce / cut.step());
        for (std::uint64_t done = 0; done < cut.count;) {
            const std::uint64_t taken = std::min(most, cut.count - done), at = (cut.first + done) * cut.step();
            const std::uint64_t from = std::max(first, at - std::min(at, reach)),
                                to = std::min(end, at + taken * cut.step() + reach);
            in_.resize(to - from);
            if (!history_.copy(from, in_.size(), in_.data()))
                return false;
            out_.resize(taken);
            if (cut.is_whole_band())
                out_ = in_;
            else
                extractor_.run(cut.band, { in_.data(), in_.size(), from, {} }, cut.first + done, static_cast<int>(taken),
                               out_.data());
            writer.append(out_.data(), out_.size());
            done += taken;
        }
        return true;
    }

    static recording::Annotation annotation(const LabelEvent& event, const Cut& cut)
    {
        recording::Annotation annotation = stream::annotation_of(event);
        const std::uint64_t end = cut.first + cut.count;
        const std::uint64_t first = std::clamp(event.sample_start / cut.step(), cut.first, end);
        annotation.sample_start = first - cut.first;
        annotation.sample_count = std::clamp(ceil_divide(end_of(event), cut.step()), first, end) - first;
        return annotation;
    }

    void tell_once(const std::string& what, bool& is_told)
    {
        if (!std::exchange(is_told, true))
            state_.tell(what + "; more of the kind are not told");
    }

    void lose(const std::string& why)
    {
        state_.lose(1);
        if (std::exchange(told_, why) != why)
            state_.tell(why + "; more of the kind are counted only");
    }

    const double before_s_, after_s_;
    const bool is_asking_;
    const std::string folder_;
    const std::function<void(const std::string&, const LabelEvent&)> kept_;
    bool had_ = false; ///< told that one was there already
    SnippetStore store_;
    SampleHistory& history_;
    PeerState state_;
    std::string told_;
    std::deque<LabelEvent> waiting_;
    std::vector<std::complex<float>> in_, out_;
    dsp::BandExtractor extractor_;
};

} // namespace

stream::SinkChoice make_snippet_sink(const SnippetConfig& config, SampleHistory& history, NoticeHandler notice)
{
    return { std::make_unique<SnippetSink>(config, history, std::move(notice)), Choice(config.condition, history, config.store.keeps_teaching) };
}

} // namespace prunedamr::receiver
