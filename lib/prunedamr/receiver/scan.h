// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/receiver/source.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::receiver {

inline constexpr double kMinDwell = 0.001, kMaxDwell = 86400.0; ///< seconds

/// A frequency that a scan visits again and again.
struct ScanEntry {
    double center_freq_hz = 0.0;
    double dwell_s = 0.2;            ///< of samples that are used
    std::optional<GainSetting> gain; ///< none: the radio's
};

struct ScanList {
    std::string text; ///< one line that gives the same entries
    std::vector<ScanEntry> entries;
};

/// "433M..435M,868.3M dwell=1 gain=20": frequencies, and ranges that are covered in steps of at most `width_hz`,
/// each with `dwell=SECONDS` and `gain=DB` (or `auto`) where they differ. Throws `InvalidArgument`.
ScanList parse_scan(const std::string& text, double width_hz, double dwell_s);

/// The same from the lines of a file; '#' begins a comment. Throws `Error` with the line.
ScanList read_scan_list(const std::string& path, double width_hz, double dwell_s);

/// What is visited, and what next: in turn, but where something was alive three times as often as where nothing
/// was. Any thread.
class ScanSchedule
{
public:
    explicit ScanSchedule(ScanList list); ///< of at least one entry

    struct Visit {
        std::uint64_t number = 0; ///< from 1 on
        ScanEntry entry;
    };
    Visit next();

    /// Something was alive in this visit. Of the thread that classifies: no lock.
    void note_alive(std::uint64_t visit) noexcept
    {
        alive_[visit % kRemembered].store(visit, std::memory_order_relaxed);
    }
    void set_list(ScanList list);         ///< from now on, which ends the present visit
    bool is_over(std::uint64_t visit) const noexcept
    {
        return visit < first_.load(std::memory_order_relaxed);
    } ///< by `set_list`

    struct Entry {
        ScanEntry entry;
        double time = 0.0; ///< of its next visit, in turns
        std::uint64_t visits = 0, last_visit = 0, visit_before = 0;
        bool is_alive = false; ///< something was, in one of these two
    };
    struct State {
        std::string text;
        std::vector<Entry> entries;
        std::uint64_t visit = 0; ///< the present one; 0: none yet
        double center_freq_hz = 0.0;
    };
    State state() const;
    std::string text() const; ///< of the list

private:
    static constexpr std::size_t kRemembered = 1024; ///< visits of which `note_alive` may tell

    bool is_alive(const Entry& entry) const noexcept;

    mutable std::mutex mutex_; ///< of all that follows but the atomic numbers
    State state_;
    std::array<std::atomic<std::uint64_t>, kRemembered> alive_{}; ///< visits in which something was, each at its place
    std::size_t current_;
    std::atomic<std::uint64_t> first_{ 1 }; ///< visit of the present list
};

struct ScanConfig {
    double settle_s = 0.05; ///< of samples that are dropped after each change of the frequency
    GainSetting gain = {};  ///< overall, as the radio was opened
    std::function<std::chrono::milliseconds()> now = {}; ///< a steady clock; empty: the system's
};

/// A radio that scans: it is tuned from entry to entry, and its readings tell which visit they are of. What comes
/// until the radio has settled counts as `skipped`, before the first visit also what a source that queues
/// (`SourceInfo`) has collected since this was made. A frequency that it refuses is noticed once, and passed over.
/// `tune` throws `Error`. The source can tune, and is made just before.
std::unique_ptr<Source> make_scanning_source(std::unique_ptr<Source> source, ScanConfig config,
                                             std::shared_ptr<ScanSchedule> schedule);

} // namespace prunedamr::receiver
