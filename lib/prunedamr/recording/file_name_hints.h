// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/recording/sample_format.h"

#include <cstdint>
#include <optional>
#include <string>

namespace prunedamr::recording {

/// What a file's name tells of the recording in it.
struct FileNameHints {
    std::optional<SampleFormat> format;
    std::optional<double> sample_rate_hz;
    std::optional<double> center_freq_hz;
    std::optional<std::int64_t> time_ns; ///< only where the name says that it is UTC
};

/// Reads the names that receivers give, whatever the folder:
/// - gqrx_20200101_120000_433920000_1000000_fc.raw: UTC, frequency and rate in Hz, cf32;
/// - gamutrf_recording_..._1700000000_100000000Hz_1000000sps.s16: seconds since 1970, frequency, rate;
/// - 2023-07-07_14-44-25_1000000SPS_1700000000Hz.s16 (SatDump): UTC, rate, frequency;
/// - NAME-f4.339200e+08-s1.000000e+06-t20160807180210.cfile (osmocom_fft): frequency, rate;
/// - 20211008T150350Z_702000_NAME_iq.wav (KiwiSDR): UTC, frequency in Hz;
/// - HackRF-20200101_120000-433_92MHz-2MSps-2MHz.complex16s (Universal Radio Hacker): frequency, rate;
/// - SDRSharp_20130101_120000Z_144800000Hz_IQ.wav, HDSDR_..._7100kHz_RF.wav, SDRconnect's, SDR++'s and SDR
/// Console's:
///   UTC where there is a Z, frequency;
/// - g001_433.92M_250k.cu8 (rtl_433): frequency and rate;
/// - and the extension for the format: .cu8 .cs16 .cf32 .cfile ... (`format_of_extension`).
FileNameHints hints_from_file_name(const std::string& path);

/// Adds what NAME.TXT beside NAME.C16 or NAME.C8 (PortaPack) says: sample_rate, center_frequency.
void add_companion_hints(const std::string& path, FileNameHints& hints);

} // namespace prunedamr::recording
