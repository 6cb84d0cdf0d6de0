// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/web/emission_log.h"

#include "prunedamr/base/time.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace prunedamr::receiver {
namespace {

using stream::LabelEvent;

constexpr std::int64_t kMinuteNs = 60'000'000'000;
constexpr std::size_t kMaxEarly = 64;
constexpr double kSameBand = 0.5;  ///< of the wider one's width, by which the middles of one band differ at most
constexpr double kSameWidth = 3.0; ///< ratio of the widths of one band

std::int64_t duration_ns(const LabelEvent& event)
{
    return std::llround(1e9 * static_cast<double>(event.sample_count) / event.sample_rate_hz);
}

bool is_same_band(const LabelEvent& a, const LabelEvent& b)
{
    const double wide = std::max(a.bandwidth_hz, b.bandwidth_hz), narrow = std::min(a.bandwidth_hz, b.bandwidth_hz);
    return std::abs(a.center_freq_hz - b.center_freq_hz) < kSameBand * wide && wide < kSameWidth * narrow;
}

/// Of digits enough for a plot; null where it is no number.
template <typename Values> std::string list(const Values& values, int decimals)
{
    std::string text = "[";
    for (const auto value : values) {
        text += text.size() > 1 ? "," : "";
        text += std::isfinite(value) ? fmt::format("{:.{}f}", value, decimals) : "null";
    }
    return text + "]";
}

std::string join(const std::vector<std::string>& texts)
{
    return fmt::format("[{}]", fmt::join(texts, ","));
}

std::string to_json(const DecisionPicture& picture)
{
    std::vector<std::string> symbols, alphabets;
    for (const auto& symbol : picture.symbols)
        symbols.push_back(fmt::format("[{:.3f},{:.3f}]", symbol.real(), symbol.imag()));
    for (const auto& alphabet : picture.alphabets)
        if (std::isfinite(alphabet.log_likelihood))
            alphabets.push_back(fmt::format("[\"{}\",{:.1f}]", alphabet.name, alphabet.log_likelihood));
    return fmt::format("{{\"seq\":{},\"rate_hz\":{},\"zero_hz\":{},\"method\":\"{}\",\"spectrum_db\":{},"
                       "\"discriminator_hz\":{},\"envelope\":{},\"symbols\":{},\"alphabets\":{}}}",
                       picture.seq, picture.rate_hz, picture.zero_hz, to_string(picture.method),
                       list(picture.spectrum_db, 1), list(picture.discriminator_hz, 0), list(picture.envelope, 3),
                       join(symbols), join(alphabets));
}

} // namespace

void EmissionLog::begin_run(std::uint32_t run, double sample_rate_hz)
{
    const std::lock_guard lock(mutex_);
    while (!now_.empty())
        end(now_.begin());
    early_.clear();
    boxes_.clear();
    minutes_.clear();
    run_ = run;
    rate_hz_ = sample_rate_hz;
    now_ns_ = 0;
}

EmissionLog::Emission& EmissionLog::emission_of(const LabelEvent& event)
{
    for (Emission& one : now_)
        if (event.track != 0 && one.track == event.track)
            return one;
    for (Emission& one : now_)
        if (one.event.label.view() == event.label.view() && is_same_band(one.event, event)) {
            ++one.bursts;
            return one;
        }
    if (now_.size() >= kMaxEmissions)
        end(std::min_element(now_.begin(), now_.end(),
                             [](const auto& a, const auto& b) { return a.last_ns < b.last_ns; }));
    Emission fresh;
    fresh.id = next_id_++;
    fresh.bursts = 1;
    fresh.first_ns = event.time_ns;
    return now_.emplace_back(std::move(fresh));
}

void EmissionLog::add(const LabelEvent& event)
{
    const std::lock_guard lock(mutex_);
    const std::int64_t length_ns = duration_ns(event);
    now_ns_ = std::max(now_ns_, event.time_ns + length_ns);
    if (event.state == stream::State::noise)
        return end_old();
    Emission& emission = emission_of(event);
    emission.track = event.track;
    emission.seq = event.seq;
    emission.event = event;
    emission.event.evidence.count = 0;
    ++emission.events;
    emission.last_ns = std::max(emission.last_ns, event.time_ns + length_ns);
    emission.on_s += 1e-9 * static_cast<double>(length_ns);
    emission.has_changed = true;
    if (auto early = early_.extract(event.seq))
        emission.picture = std::move(early.mapped());
    if (boxes_.size() < kMaxBoxes)
        boxes_.push_back(fmt::format("[{},{},{},{:.1f},{:.1f}]", emission.id, event.sample_start, event.sample_count,
                                     event.center_freq_hz - 0.5 * event.bandwidth_hz,
                                     event.center_freq_hz + 0.5 * event.bandwidth_hz));
    else
        ++left_out_;
    occupy(event);
    end_old();
}

void EmissionLog::add(DecisionPicture picture)
{
    const std::lock_guard lock(mutex_);
    for (Emission& one : now_)
        if (one.seq == picture.seq) {
            one.has_changed = one.has_changed || !one.picture;
            one.picture = std::move(picture);
            return;
        }
    if (early_.size() >= kMaxEarly)
        early_.erase(early_.begin());
    early_[picture.seq] = std::move(picture);
}

void EmissionLog::set_tuned(double center_freq_hz)
{
    const std::lock_guard lock(mutex_);
    tuned_hz_ = center_freq_hz;
}

void EmissionLog::set_time(std::int64_t now_ns)
{
    const std::lock_guard lock(mutex_);
    now_ns_ = std::max(now_ns_, now_ns);
    end_old();
}

void EmissionLog::end(std::list<Emission>::iterator emission)
{
    newly_ended_.push_back(emission->id);
    ended_.push_back(std::move(*emission));
    now_.erase(emission);
    ++ended_total_;
    if (ended_.size() > kMaxPictures)
        ended_[ended_.size() - kMaxPictures - 1].picture.reset();
    if (ended_.size() > kMaxEnded)
        ended_.pop_front();
    if (newly_ended_.size() > kMaxEnded) // nobody asks
        newly_ended_.erase(newly_ended_.begin());
}

void EmissionLog::end_old()
{
    const auto hold_ns = [](const Emission& one) {
        return std::max(std::llround(1e9 * kHoldS), 2ll * duration_ns(one.event));
    };
    for (auto one = now_.begin(); one != now_.end();) {
        const auto next = std::next(one);
        if (now_ns_ - one->last_ns > hold_ns(*one))
            end(one);
        one = next;
    }
}

void EmissionLog::occupy(const LabelEvent& event)
{
    const std::int64_t end_ns = event.time_ns + duration_ns(event);
    for (std::int64_t at = event.time_ns; at < end_ns;) {
        const std::int64_t number = at / kMinuteNs, until = std::min(end_ns, (number + 1) * kMinuteNs);
        if (minutes_.empty() || minutes_.back().number < number) {
            const double low_hz = tuned_hz_ - 0.5 * rate_hz_;
            minutes_.push_back({ number, low_hz, low_hz + rate_hz_, std::vector<float>(kOccupancyBins) });
        }
        if (minutes_.size() > kOccupancyMinutes)
            minutes_.pop_front();
        const auto minute = std::find_if(minutes_.rbegin(), minutes_.rend(),
                                         [&](const Minute& one) { return one.number == number; });
        if (minute != minutes_.rend()) {
            const double per_hz = kOccupancyBins / (minute->high_hz - minute->low_hz);
            const auto bin = [&](double hz) {
                return std::clamp(static_cast<int>(std::floor((hz - minute->low_hz) * per_hz)), 0, kOccupancyBins - 1);
            };
            const double low = event.center_freq_hz - 0.5 * event.bandwidth_hz, high = low + event.bandwidth_hz;
            const bool is_inside = high >= minute->low_hz && low <= minute->high_hz; // not after a retune
            for (int i = bin(low); is_inside && i <= bin(high); ++i)
                minute->busy_s[static_cast<std::size_t>(i)] += 1e-9f * static_cast<float>(until - at);
        }
        at = until;
    }
}

std::optional<std::string> EmissionLog::next_update(bool is_wanted)
{
    const std::lock_guard lock(mutex_);
    std::vector<std::string> changed;
    for (Emission& one : now_)
        if (std::exchange(one.has_changed, false) && is_wanted)
            changed.push_back(to_json(one));
    std::optional<std::string> text;
    if (is_wanted && !(changed.empty() && boxes_.empty() && newly_ended_.empty()))
        text = fmt::format("{{\"type\":\"update\",\"run\":{},\"emissions\":{},\"ended\":[{}],\"boxes\":{},\"left_out\":{}}}", run_,
                    join(changed), fmt::join(newly_ended_, ","), join(boxes_), left_out_);
    newly_ended_.clear();
    boxes_.clear();
    left_out_ = 0;
    return text;
}

std::string EmissionLog::to_json(const Emission& one) const
{
    const bool is_on = now_ns_ - one.last_ns <= std::max(std::int64_t{ 2'000'000'000 }, duration_ns(one.event));
    return fmt::format("{{\"id\":{},\"is_on\":{},\"first_seen\":\"{}\",\"last_seen\":\"{}\",\"events\":{},\"bursts\":{},"
                       "\"on_s\":{:.3f},\"text\":\"{}\",\"has_picture\":{},\"event\":{}}}",
                       one.id, is_on, rfc3339(one.first_ns), rfc3339(one.last_ns), one.events, one.bursts, one.on_s,
                       stream::to_text(one.event.measured), one.picture.has_value(), stream::to_json_line(one.event));
}

std::string EmissionLog::emissions_json() const
{
    const std::lock_guard lock(mutex_);
    std::vector<const Emission*> all;
    for (const Emission& one : now_)
        all.push_back(&one);
    std::sort(all.begin(), all.end(),
              [](const auto* a, const auto* b) { return a->event.center_freq_hz < b->event.center_freq_hz; });
    std::vector<std::string> texts;
    for (const Emission* one : all)
        texts.push_back(to_json(*one));
    return join(texts);
}

std::string EmissionLog::history_json(std::size_t limit) const
{
    const std::lock_guard lock(mutex_);
    std::vector<std::string> texts;
    for (auto one = ended_.rbegin(); one != ended_.rend() && texts.size() < limit; ++one)
        texts.push_back(to_json(*one));
    return fmt::format("{{\"emissions\":{},\"total\":{}}}\n", join(texts), ended_total_);
}

std::string EmissionLog::occupancy_json() const
{
    const std::lock_guard lock(mutex_);
    std::vector<std::string> texts;
    for (const Minute& minute : minutes_) {
        const std::int64_t begin_ns = minute.number * kMinuteNs;
        const double seen_s = 1e-9 * static_cast<double>(std::clamp<std::int64_t>(now_ns_ - begin_ns, 1'000'000'000, kMinuteNs));
        std::vector<float> fraction;
        for (const float busy_s : minute.busy_s)
            fraction.push_back(std::min(1.0f, busy_s / static_cast<float>(seen_s)));
        texts.push_back(fmt::format("{{\"time\":\"{}\",\"low_hz\":{:.0f},\"high_hz\":{:.0f},\"busy\":{}}}",
                                    rfc3339(begin_ns), minute.low_hz, minute.high_hz, list(fraction, 3)));
    }
    return fmt::format("{{\"minutes\":{}}}\n", join(texts));
}

const EmissionLog::Emission* EmissionLog::find(std::uint64_t id) const
{
    for (const Emission& one : now_)
        if (one.id == id)
            return &one;
    const auto one = std::find_if(ended_.rbegin(), ended_.rend(), [id](const Emission& e) { return e.id == id; });
    return one == ended_.rend() ? nullptr : &*one;
}

std::optional<std::string> EmissionLog::picture_json(std::uint64_t id) const
{
    const std::lock_guard lock(mutex_);
    const Emission* one = find(id);
    if (!one)
        return std::nullopt;
    return fmt::format("{{\"emission\":{},\"picture\":{}}}\n", to_json(*one),
                       one->picture ? receiver::to_json(*one->picture) : "null");
}

} // namespace prunedamr::receiver
