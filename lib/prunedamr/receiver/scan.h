// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/receiver/source.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::receiver {

inline constexpr double kMinDwell = 0.001, kMaxDwell = 86400.0; ///< seconds

/// A frequency that a scan visits again and again.
struct ScanEntry {
    double center_freq_hz = 0.0;
    double dwell_s = 0.2;            ///< of samples that are used
    std::optional<GainSetting> gain; ///< none: as it is
};

/// "433M..435M,868.3M": frequencies, and ranges that are covered in steps of at most `width_hz`. Throws `InvalidArgument`.
std::vector<ScanEntry> parse_scan(const std::string& text, double width_hz, double dwell_s);

/// The same from a file, a line each: a frequency or a range, then `dwell=SECONDS` and `gain=DB` (or `auto`) where they differ;
/// '#' begins a comment. Throws `Error` with the line.
std::vector<ScanEntry> read_scan_list(const std::string& path, double width_hz, double dwell_s);

/// Where one entry has a gain of its own, the others need theirs back: this one.
void complete_gains(std::vector<ScanEntry>& entries, const GainSetting& otherwise);

/// Which entry is visited next. In turn, but where something was alive three times as often as where nothing was.
class ScanSchedule
{
public:
    explicit ScanSchedule(std::size_t entries);

    struct Visit {
        std::uint64_t number; ///< from 1 on
        std::size_t entry;
    };
    Visit next() noexcept; ///< of the thread that tunes

    /// Something was alive in this visit. Any thread.
    void note_alive(std::uint64_t visit) noexcept;

private:
    static constexpr std::size_t kRemembered = 1024; ///< visits of which `note_alive` may tell

    struct Entry {
        double time = 0.0;               ///< of its next visit, in turns
        std::uint64_t last_visit = 0, visit_before = 0;
        std::atomic<std::uint64_t> alive{ 0 }; ///< the last visit in which something was
    };

    const std::size_t count_;
    const std::unique_ptr<Entry[]> entries_;
    std::array<std::atomic<std::size_t>, kRemembered> visited_{}; ///< entry of a visit
    std::uint64_t visits_ = 0;
    std::size_t current_;
};

struct ScanConfig {
    std::vector<ScanEntry> entries; ///< at least one
    double settle_s = 0.05;         ///< of samples that are dropped after each change of the frequency
};

/// A radio that scans: it is tuned from entry to entry, and its readings tell which visit they are of. What comes until the
/// radio has settled counts as `skipped`. A frequency that it refuses is noticed once, and passed over. `tune` throws
/// `Error`. The source can tune; `schedule` has as many entries and is shared with who tells it what was alive.
std::unique_ptr<Source> make_scanning_source(std::unique_ptr<Source> source, ScanConfig config,
                                             std::shared_ptr<ScanSchedule> schedule);

} // namespace prunedamr::receiver
