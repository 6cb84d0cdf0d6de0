// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace prunedamr::recording {

/// What SDR programs add to a WAV file.
struct WavAuxi {
    std::optional<double> center_freq_hz;
    std::optional<std::int64_t> time_ns; ///< of the first sample, UTC
};

/// The content of an "auxi" chunk: SpectraVue's structure (also HDSDR, SDRuno, SDR#, SDRangel: two SYSTEMTIME,
/// then the center frequency in Hz as 32 bits) or SDR Console's XML in ASCII or UTF-16. Unknown forms give
/// nothing.
WavAuxi read_wav_auxi(const std::string& content);

} // namespace prunedamr::recording
