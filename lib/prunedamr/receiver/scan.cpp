// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/scan.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <sstream>
#include <utility>

namespace prunedamr::receiver {
namespace {

using std::chrono::milliseconds;

constexpr double kPreference = 3.0; ///< for entries where something was alive
constexpr std::size_t kMaxEntries = 10'000;
constexpr std::size_t kMaxListBytes = 1 << 20;
constexpr const char* kBlanks = " \t\r";

/// "433.92M"
double parse_hz(const std::string& text)
{
    double number = 0.0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string suffix(end, text.data() + text.size());
    const double scale = suffix.empty() ? 1.0 : suffix == "k" ? 1e3 : suffix == "M" ? 1e6 : suffix == "G" ? 1e9 : 0.0;
    if (fault != std::errc() || scale == 0.0 || !(number * scale > 0.0) || !std::isfinite(number * scale))
        throw InvalidArgument({ "bad frequency to scan", "", text.empty() ? "nothing" : text, "Hz, k/M/G allowed: 433.92M, or 433M..435M" });
    return number * scale;
}

double parse_number(const std::string& word, const std::string& text, double least, double most)
{
    double number = 0.0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault != std::errc() || end != text.data() + text.size() || !(number >= least && number <= most))
        throw InvalidArgument({ "bad option of a frequency to scan", "", word, fmt::format("{:g} to {:g}", least, most) });
    return number;
}

/// "433M..435M dwell=1 gain=20"
void add_part(std::vector<ScanEntry>& entries, const std::string& part, double width_hz, double dwell_s)
{
    std::istringstream words(part);
    std::string frequency;
    words >> frequency;
    const auto dots = frequency.find("..");
    const double low = parse_hz(frequency.substr(0, dots));
    const double high = dots == std::string::npos ? low : parse_hz(frequency.substr(dots + 2));
    if (high < low)
        throw InvalidArgument({ "bad range to scan", "", frequency, "the lower frequency first" });
    ScanEntry entry;
    entry.dwell_s = dwell_s;
    for (std::string word; words >> word;) {
        const auto equals = word.find('=');
        const std::string name = word.substr(0, equals), value = equals == std::string::npos ? "" : word.substr(equals + 1);
        if (name == "dwell")
            entry.dwell_s = parse_number(word, value, kMinDwell, kMaxDwell);
        else if (name == "gain")
            entry.gain = value == "auto" ? GainSetting{} : GainSetting{ parse_number(word, value, -200.0, 200.0), "" };
        else
            throw InvalidArgument({ "unknown option of a frequency to scan", "", word, "dwell=SECONDS or gain=DB" });
    }
    const double steps = std::max(1.0, std::ceil((high - low) / width_hz - 1e-9));
    if (static_cast<double>(entries.size()) + steps > kMaxEntries)
        throw InvalidArgument(
            { "too many frequencies to scan", "", frequency, "at most " + std::to_string(kMaxEntries) });
    for (double i = 0.5; i < steps; ++i) {
        entry.center_freq_hz = low + i * (high - low) / steps;
        entries.push_back(entry);
    }
}

void add_parts(ScanList& list, const std::string& text, double width_hz, double dwell_s)
{
    std::istringstream parts(text + ",");
    for (std::string part; std::getline(parts, part, ',');)
        add_part(list.entries, part, width_hz, dwell_s);
    list.text += (list.text.empty() ? "" : ", ") + text;
}

} // namespace

ScanList parse_scan(const std::string& text, double width_hz, double dwell_s)
{
    ScanList list;
    add_parts(list, text, width_hz, dwell_s);
    return list;
}

ScanList read_scan_list(const std::string& path, double width_hz, double dwell_s)
{
    ScanList list;
    std::istringstream lines(read_file(path, kMaxListBytes));
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        line = line.substr(0, line.find('#'));
        const auto begin = line.find_first_not_of(kBlanks), end = line.find_last_not_of(kBlanks) + 1;
        if (begin >= end)
            continue;
        try {
            add_parts(list, line.substr(begin, end - begin), width_hz, dwell_s);
        } catch (const Error& error) {
            throw InvalidArgument({ "line " + std::to_string(number) + ": " + error.what(), path, "", "" });
        }
    }
    if (list.entries.empty())
        throw InvalidArgument({ "nothing to scan", path, "", "a line for each frequency" });
    return list;
}

ScanSchedule::ScanSchedule(ScanList list)
{
    set_list(std::move(list));
}

void ScanSchedule::set_list(ScanList list)
{
    PRUNEDAMR_CHECK(!list.entries.empty(), "a scan has at least one entry");
    std::vector<Entry> entries(list.entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i)
        entries[i].entry = list.entries[i];
    const std::lock_guard lock(mutex_);
    state_.text = std::move(list.text);
    state_.entries = std::move(entries);
    current_ = state_.entries.size();
    first_ = state_.visit + 1;
}

/// A turn of an entry takes its time, less where something is alive; the one whose time is the least is next.
ScanSchedule::Visit ScanSchedule::next()
{
    const std::lock_guard lock(mutex_);
    auto& entries = state_.entries;
    const std::size_t count = entries.size();
    std::size_t best = count;
    for (std::size_t i = 0; i < count; ++i)
        if ((i != current_ || count == 1) && (best == count || entries[i].time < entries[best].time))
            best = i;
    Entry& entry = entries[best];
    entry.time += is_alive(entry) ? 1.0 / kPreference : 1.0; // what is said of the last visit may come yet
    entry.visit_before = std::exchange(entry.last_visit, ++state_.visit);
    ++entry.visits;
    state_.center_freq_hz = entry.entry.center_freq_hz;
    current_ = best;
    return { state_.visit, entry.entry };
}

bool ScanSchedule::is_alive(const Entry& entry) const noexcept
{
    const auto was = [this](std::uint64_t visit) {
        return visit > 0 && alive_[visit % kRemembered].load(std::memory_order_relaxed) == visit;
    };
    return was(entry.last_visit) || was(entry.visit_before);
}

ScanSchedule::State ScanSchedule::state() const
{
    const std::lock_guard lock(mutex_);
    State state = state_;
    for (Entry& entry : state.entries)
        entry.is_alive = is_alive(entry);
    return state;
}

std::string ScanSchedule::text() const
{
    const std::lock_guard lock(mutex_);
    return state_.text;
}

namespace {

milliseconds steady_now()
{
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch());
}

class ScanningSource final : public Source
{
public:
    ScanningSource(std::unique_ptr<Source> source, ScanConfig config, std::shared_ptr<ScanSchedule> schedule)
        : source_(std::move(source)), settle_s_(config.settle_s), schedule_(std::move(schedule)),
          info_(source_->info()), now_(config.now ? std::move(config.now) : steady_now), opened_(now_()),
          gain_(std::move(config.gain))
    {
        info_.can_tune = false; // from elsewhere
    }

    void on_notice(NoticeHandler handler) override
    {
        source_->on_notice(handler);
        Source::on_notice(std::move(handler));
    }

    const SourceInfo& info() const override { return info_; }
    void tune(double) override { throw Error{ { "the receiver scans, and cannot be tuned", info_.name, "", "" } }; }

    /// Of all that is the radio's but while an entry has its own.
    void set_gain(const GainSetting& gain) override
    {
        if (!gain.element.empty() || !has_own_gain_)
            source_->set_gain(gain);
        if (gain.element.empty())
            gain_ = gain;
    }

    Reading read(std::complex<float>* samples, std::size_t count, milliseconds wait) override
    {
        if ((to_skip_ == 0 && left_ == 0) || schedule_->is_over(visit_))
            begin_visit();
        const bool is_skipped = to_skip_ > 0;
        std::uint64_t& wanted = is_skipped ? to_skip_ : left_;
        Reading reading = source_->read(samples, static_cast<std::size_t>(std::min<std::uint64_t>(count, wanted)), wait);
        wanted -= reading.count;
        if (is_skipped)
            leave_out(reading);
        else if (reading.count > 0)
            complete(reading);
        return reading;
    }

private:
    std::uint64_t samples(double time_s) const
    {
        return static_cast<std::uint64_t>(std::ceil(time_s * info_.sample_rate_hz));
    }

    /// Of a frequency that is refused the time passes all the same: the radio may be gone at present.
    void begin_visit()
    {
        const bool is_first = visit_ == 0;
        const ScanSchedule::Visit visit = schedule_->next();
        const ScanEntry& entry = visit.entry;
        visit_ = visit.number;
        left_ = 0;
        try {
            source_->tune(entry.center_freq_hz);
            set_gain_of(entry);
            pending_.center_freq_hz = source_->info().center_freq_hz;
            pending_.visit = visit.number;
            to_skip_ = samples(settle_s_);
            left_ = std::max<std::uint64_t>(1, samples(entry.dwell_s));
        } catch (const Error& error) {
            to_skip_ = samples(entry.dwell_s) + 1;
            if (told_.insert(entry.center_freq_hz).second)
                notice(std::string("Scan passes over a frequency: ") + error.what());
        }
        if (is_first && info_.queues)
            to_skip_ += samples(std::chrono::duration<double>(now_() - opened_).count());
    }

    void set_gain_of(const ScanEntry& entry)
    {
        if (entry.gain)
            source_->set_gain(*entry.gain);
        else if (has_own_gain_)
            source_->set_gain(gain_);
        has_own_gain_ = entry.gain.has_value();
    }

    /// What holds from these samples on is kept until there are some that are used.
    void leave_out(Reading& reading)
    {
        const double span_ns = 1e9 * static_cast<double>(reading.count) / info_.sample_rate_hz;
        pending_.skipped += reading.count;
        pending_.overflows += reading.overflows;
        pending_.restarted = pending_.restarted || reading.restarted;
        if (reading.time || pending_.time) {
            pending_.time = reading.time ? reading.time : pending_.time;
            pending_.time->time_ns += std::llround(span_ns);
        }
        Reading rest;
        rest.ended = reading.ended;
        rest.rejected = reading.rejected;
        reading = rest;
    }

    void complete(Reading& reading)
    {
        reading.skipped = pending_.skipped;
        reading.overflows += pending_.overflows;
        reading.restarted = reading.restarted || pending_.restarted;
        if (!reading.time)
            reading.time = pending_.time;
        if (pending_.center_freq_hz)
            reading.center_freq_hz = pending_.center_freq_hz;
        reading.visit = pending_.visit;
        pending_ = {};
    }

    const std::unique_ptr<Source> source_;
    const double settle_s_;
    const std::shared_ptr<ScanSchedule> schedule_;
    SourceInfo info_;
    const std::function<milliseconds()> now_;
    const milliseconds opened_;
    GainSetting gain_; ///< of entries without their own
    bool has_own_gain_ = false;
    std::set<double> told_; ///< frequencies that were refused
    std::uint64_t visit_ = 0;
    std::uint64_t to_skip_ = 0, left_ = 0; ///< samples of the visit
    Reading pending_;
};

} // namespace

std::unique_ptr<Source> make_scanning_source(std::unique_ptr<Source> source, ScanConfig config,
                                             std::shared_ptr<ScanSchedule> schedule)
{
    return std::make_unique<ScanningSource>(std::move(source), std::move(config), std::move(schedule));
}

} // namespace prunedamr::receiver
