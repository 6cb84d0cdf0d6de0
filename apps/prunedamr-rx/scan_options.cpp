// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/prunedamr-rx/source_options.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <tuple>

namespace prunedamr::rx {

void add_scan_options(CLI::App& app, SourceOptions& source)
{
    app.add_option(
           "--scan", source.scan,
           "tune a radio to these frequencies, one after the other, more often to those where something is alive: "
           "433M..435M,868.3M; ranges are covered in steps of 0.8 of the rate; dwell=SECONDS and gain=DB behind "
           "one hold for it")
        ->type_name("LIST");
    app.add_option("--scan-list", source.scan_list, "the same from the lines of a file; # begins a comment")
        ->type_name(cli::kInput);
    for (const auto& [name, value, help] :
         { std::tuple("--dwell", &source.dwell_s, "seconds at each frequency of a scan (default: 0.2)"),
           std::tuple(
               "--settle", &source.settle_s,
               "seconds after each change of a scan's frequency whose samples are dropped (default: 0.05)") })
        app.add_option_function<std::string>(
            name,
            [&source, name = name, value = value](const std::string& text) {
                *value = cli::quantity(name, text);
                source.has_scan_times = true;
            },
            help)
            ->type_name("SECONDS");
}

namespace {

/// Of a range each frequency is seen in the inner part of some step.
double scan_width_hz(const SourceOptions& source)
{
    return source.has_channel() ? *source.bandwidth_hz : 0.8 * source.raw.sample_rate_hz.value_or(0.0);
}

void check_gains(const SourceOptions& source, const receiver::ScanList& list)
{
    const auto has_gain = [](const receiver::ScanEntry& entry) { return entry.gain.has_value(); };
    if (!source.radio.element_gains.empty() && std::any_of(list.entries.begin(), list.entries.end(), has_gain))
        throw InvalidArgument({ "a scan with gains", "", "--gain of an element", "an overall gain, or none" });
}

} // namespace

receiver::ScanList parse_scan(const SourceOptions& source, const std::string& list, double dwell_s)
{
    auto result = receiver::parse_scan(list, scan_width_hz(source), dwell_s);
    check_gains(source, result);
    return result;
}

void check_scan(SourceOptions& source)
{
    using cli::require;
    const bool is_scan = !source.scan.empty() || !source.scan_list.empty();
    require(is_scan || !source.has_scan_times, "--dwell, --settle", "belong to a scan, and there is none: see --scan");
    if (!is_scan)
        return;
    require(source.dwell_s >= receiver::kMinDwell && source.dwell_s <= receiver::kMaxDwell, "--dwell", "expected 0.001 to 86400 s");
    require(source.settle_s >= 0.0 && source.settle_s <= 60.0, "--settle", "expected 0 to 60 s");
    require(source.is_radio(), "--scan", "applies to radios only");
    require(source.scan.empty() || source.scan_list.empty(), "--scan", "and --scan-list exclude each other");
    require(!source.center_freq_hz, "--freq", "is not for a scan: see --scan");
    try {
        source.scanned = source.scan_list.empty()
                             ? parse_scan(source, source.scan, source.dwell_s)
                             : receiver::read_scan_list(source.scan_list, scan_width_hz(source), source.dwell_s);
        check_gains(source, source.scanned);
    } catch (const InvalidArgument& error) {
        throw CLI::ValidationError(source.scan_list.empty() ? "--scan" : "--scan-list", error.what());
    }
    source.center_freq_hz = source.scanned.entries.front().center_freq_hz;
}

} // namespace prunedamr::rx
