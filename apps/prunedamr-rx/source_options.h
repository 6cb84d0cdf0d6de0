// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/receiver/scan.h"
#include "prunedamr/receiver/source.h"
#include "prunedamr/recording/recording.h"

#include <CLI/CLI.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::rx {

enum class SourceKind { file, standard_input, pipe, soapy, rtl_tcp, tcp, udp, zmq_sub, zmq_pull };

struct SourceOptions {
    SourceKind kind = SourceKind::file;
    std::vector<std::string> addresses; ///< paths of files, or one of device arguments, host and port, endpoint
    recording::RawOptions raw;          ///< of --format, --rate and --channel
    std::optional<double> center_freq_hz;
    std::optional<std::string> key;     ///< of the ZeroMQ messages that are taken
    receiver::SoapyConfig radio;        ///< of it gain and antenna
    std::optional<double> ppm;          ///< of the radio, or of the samples
    std::optional<double> bandwidth_hz; ///< of the radio's filter, or of the channel
    receiver::ConditioningConfig conditioning;
    std::string scan, scan_list;        ///< frequencies, or a file of them
    double dwell_s = 0.2;               ///< at each
    bool has_scan_times = false;        ///< --dwell or --settle is given
    double settle_s = 0.05;             ///< after each change of the frequency
    receiver::ScanList scanned;         ///< that `check` makes of these; without entries: no scan
    bool live = false; ///< a pipe whose writer cannot wait
    bool exit_on_loss = false;
    bool realtime = false, loop = false; ///< of recordings

    bool is_file() const { return kind == SourceKind::file; }
    bool is_pipe() const { return kind == SourceKind::standard_input || kind == SourceKind::pipe; }
    bool is_radio() const { return kind == SourceKind::soapy || kind == SourceKind::rtl_tcp; }
    bool has_channel() const; ///< of its own in the band of the source
};

/// Adds the options that say where samples come from, and how they are changed before anybody sees them. The value
/// `help` of --source and --format prints the choices and ends the program with exit code 0.
void add_source_options(CLI::App& app, SourceOptions& source);

void add_scan_options(CLI::App& app, SourceOptions& source); ///< of a radio, part of these

/// Of a list as --scan takes it. Throws `Error`.
receiver::ScanList parse_scan(const SourceOptions& source, const std::string& list, double dwell_s);

/// Makes the entries of a scan, if one is asked for. Throws `CLI::ValidationError` and `Error`.
void check_scan(SourceOptions& source);

/// Checks what options must be given together, and reads the list of a scan. Throws `CLI::ValidationError` and `Error`.
void check(SourceOptions& source);

/// Opens one of the addresses. Throws `Error` naming what cannot be opened. `schedule` becomes that of a scan, if it is one.
std::unique_ptr<receiver::Source> open_source(const SourceOptions& options, const std::string& address,
                                              std::shared_ptr<receiver::ScanSchedule>& schedule);

} // namespace prunedamr::rx
