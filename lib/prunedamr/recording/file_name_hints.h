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
/// - SDRSharp_20130101_120000Z_144800000Hz_IQ.wav, HDSDR_..._7100kHz_RF.wav, ..._14.2MHz.wav: UTC where there is
///   a Z, frequency;
/// - g001_433.92M_250k.cu8 (rtl_433): frequency and rate;
/// - and the extension for the format: .cu8 .cs16 .cf32 .cfile ... (`raw_extensions`).
FileNameHints hints_from_file_name(const std::string& path);

std::string raw_extensions(); ///< the known extensions, for messages

} // namespace prunedamr::recording
