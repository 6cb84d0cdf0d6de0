// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/scan.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>
#include <utility>

namespace prunedamr::receiver {
namespace {

constexpr double kPreference = 3.0; ///< for entries where something was alive
constexpr std::size_t kMaxEntries = 100'000;
constexpr std::size_t kMaxListBytes = 1 << 20;

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

void add_entries(std::vector<ScanEntry>& entries, const std::string& text, double width_hz, const ScanEntry& like)
{
    const auto dots = text.find("..");
    const double low = parse_hz(text.substr(0, dots));
    const double high = dots == std::string::npos ? low : parse_hz(text.substr(dots + 2));
    if (high < low)
        throw InvalidArgument({ "bad range to scan", "", text, "the lower frequency first" });
    const double steps = std::max(1.0, std::ceil((high - low) / width_hz - 1e-9));
    if (static_cast<double>(entries.size()) + steps > kMaxEntries)
        throw InvalidArgument({ "too many frequencies to scan", "", text, "at most " + std::to_string(kMaxEntries) });
    for (double i = 0.5; i < steps; ++i) {
        entries.push_back(like);
        entries.back().center_freq_hz = low + i * (high - low) / steps;
    }
}

ScanEntry parse_line(std::istringstream& words, double dwell_s)
{
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
    return entry;
}

} // namespace

std::vector<ScanEntry> parse_scan(const std::string& text, double width_hz, double dwell_s)
{
    std::vector<ScanEntry> entries;
    ScanEntry like;
    like.dwell_s = dwell_s;
    std::istringstream parts(text + ",");
    for (std::string part; std::getline(parts, part, ',');)
        add_entries(entries, part, width_hz, like);
    return entries;
}

std::vector<ScanEntry> read_scan_list(const std::string& path, double width_hz, double dwell_s)
{
    std::vector<ScanEntry> entries;
    std::istringstream lines(read_file(path, kMaxListBytes));
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        std::istringstream words(line.substr(0, line.find('#')));
        std::string frequency;
        if (!(words >> frequency))
            continue;
        try {
            const ScanEntry like = parse_line(words, dwell_s);
            add_entries(entries, frequency, width_hz, like);
        } catch (const Error& error) {
            throw InvalidArgument({ "line " + std::to_string(number) + ": " + error.what(), path, "", "" });
        }
    }
    if (entries.empty())
        throw InvalidArgument({ "nothing to scan", path, "", "a line for each frequency" });
    return entries;
}

void complete_gains(std::vector<ScanEntry>& entries, const GainSetting& otherwise)
{
    const auto has_gain = [](const ScanEntry& entry) { return entry.gain.has_value(); };
    if (std::any_of(entries.begin(), entries.end(), has_gain))
        for (ScanEntry& entry : entries)
            entry.gain = entry.gain.value_or(otherwise);
}

ScanSchedule::ScanSchedule(std::size_t entries)
    : count_(entries), entries_(std::make_unique<Entry[]>(entries)), current_(entries)
{
    PRUNEDAMR_CHECK(entries > 0, "a scan has at least one entry");
}

/// A turn of an entry takes its time, less where something is alive; the one whose time is the least is next.
ScanSchedule::Visit ScanSchedule::next() noexcept
{
    std::size_t best = count_;
    for (std::size_t i = 0; i < count_; ++i)
        if ((i != current_ || count_ == 1) && (best == count_ || entries_[i].time < entries_[best].time))
            best = i;
    Entry& entry = entries_[best];
    const std::uint64_t alive = entry.alive.load(std::memory_order_relaxed);
    const bool is_alive = alive > 0 && alive >= entry.visit_before; // what is said of the last one may come yet
    entry.time += is_alive ? 1.0 / kPreference : 1.0;
    entry.visit_before = std::exchange(entry.last_visit, ++visits_);
    visited_[visits_ % kRemembered].store(best, std::memory_order_relaxed);
    current_ = best;
    return { visits_, best };
}

void ScanSchedule::note_alive(std::uint64_t visit) noexcept
{
    if (visit == 0)
        return;
    auto& alive = entries_[visited_[visit % kRemembered].load(std::memory_order_relaxed)].alive;
    if (alive.load(std::memory_order_relaxed) < visit)
        alive.store(visit, std::memory_order_relaxed);
}

namespace {

class ScanningSource final : public Source
{
public:
    ScanningSource(std::unique_ptr<Source> source, ScanConfig config, std::shared_ptr<ScanSchedule> schedule)
        : source_(std::move(source)), config_(std::move(config)), schedule_(std::move(schedule)), info_(source_->info()),
          is_told_(config_.entries.size())
    {
        info_.can_tune = false; // from elsewhere
    }

    void on_notice(NoticeHandler handler) override
    {
        source_->on_notice(handler);
        Source::on_notice(std::move(handler));
    }

    const SourceInfo& info() const override { return info_; }
    void set_gain(const GainSetting& gain) override { source_->set_gain(gain); }
    void tune(double) override { throw Error{ { "the receiver scans, and cannot be tuned", info_.name, "", "" } }; }

    Reading read(std::complex<float>* samples, std::size_t count, std::chrono::milliseconds wait) override
    {
        if (to_skip_ == 0 && left_ == 0)
            begin_visit();
        const bool is_skipped = to_skip_ > 0;
        std::uint64_t& wanted = is_skipped ? to_skip_ : left_;
        Reading reading = source_->read(samples, static_cast<std::size_t>(std::min<std::uint64_t>(count, wanted)), wait);
        wanted -= reading.count;
        if (is_skipped)
            skip(reading);
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
        visit_ = schedule_->next();
        const ScanEntry& entry = config_.entries[visit_.entry];
        try {
            source_->tune(entry.center_freq_hz);
            if (entry.gain)
                source_->set_gain(*entry.gain);
            pending_.center_freq_hz = source_->info().center_freq_hz;
            pending_.visit = visit_.number;
            to_skip_ = samples(config_.settle_s);
            left_ = std::max<std::uint64_t>(1, samples(entry.dwell_s));
        } catch (const Error& error) {
            to_skip_ = samples(entry.dwell_s) + 1;
            if (!std::exchange(is_told_[visit_.entry], 1))
                notice(std::string("Scan passes over a frequency: ") + error.what());
        }
    }

    /// What holds from these samples on is kept until there are some that are used.
    void skip(Reading& reading)
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
    const ScanConfig config_;
    const std::shared_ptr<ScanSchedule> schedule_;
    SourceInfo info_;
    std::vector<char> is_told_; ///< that this entry was refused
    ScanSchedule::Visit visit_{};
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
