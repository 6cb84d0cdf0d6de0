// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/prunedamr-rx/source_options.h"

#include "prunedamr/base/error.h"

#include <tuple>

namespace prunedamr::rx {

void add_scan_options(CLI::App& app, SourceOptions& source)
{
    app.add_option("--scan", source.scan,
                   "tune a radio to these frequencies, one after the other, more often to those where something is alive: "
                   "433M..435M,868.3M; ranges are covered in steps of 0.8 of the rate")
        ->type_name("LIST");
    app.add_option("--scan-list", source.scan_list,
                   "the same from a file, a line for each frequency or range, with dwell=SECONDS and gain=DB where they "
                   "differ; # begins a comment")
        ->type_name(cli::kInput);
    for (const auto& [name, value, help] :
         { std::tuple("--dwell", &source.dwell_s, "seconds at each frequency of a scan (default: 0.2)"),
           std::tuple("--settle", &source.scanning.settle_s,
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

/// Of a range each frequency is seen in the inner part of some step.
void check_scan(SourceOptions& source)
{
    using cli::require;
    const bool is_scan = !source.scan.empty() || !source.scan_list.empty();
    require(is_scan || !source.has_scan_times, "--dwell, --settle", "belong to a scan, and there is none: see --scan");
    if (!is_scan)
        return;
    require(source.dwell_s >= receiver::kMinDwell && source.dwell_s <= receiver::kMaxDwell, "--dwell", "expected 0.001 to 86400 s");
    require(source.scanning.settle_s >= 0.0 && source.scanning.settle_s <= 60.0, "--settle", "expected 0 to 60 s");
    require(source.is_radio(), "--scan", "applies to radios only");
    require(source.scan.empty() || source.scan_list.empty(), "--scan", "and --scan-list exclude each other");
    require(!source.center_freq_hz, "--freq", "is not for a scan: see --scan");
    const double width_hz = source.has_channel() ? *source.bandwidth_hz : 0.8 * source.raw.sample_rate_hz.value_or(0.0);
    try {
        source.scanning.entries = source.scan_list.empty()
                                      ? receiver::parse_scan(source.scan, width_hz, source.dwell_s)
                                      : receiver::read_scan_list(source.scan_list, width_hz, source.dwell_s);
    } catch (const InvalidArgument& error) {
        throw CLI::ValidationError(source.scan_list.empty() ? "--scan" : "--scan-list", error.what());
    }
    receiver::complete_gains(source.scanning.entries, { source.radio.gain_db, "" });
    require(!source.scanning.entries.front().gain || source.radio.element_gains.empty(), "--scan-list",
            "has overall gains, which do not go with --gain of an element");
    source.center_freq_hz = source.scanning.entries.front().center_freq_hz;
}

} // namespace prunedamr::rx
