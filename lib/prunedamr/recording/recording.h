// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/recording/sample_format.h"

#include <complex>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::recording {

/// A stretch of samples with a label. Sample numbers count from the first sample of the recording.
struct Annotation {
    std::uint64_t sample_start = 0;
    std::uint64_t sample_count = 0;
    std::string label;
    std::optional<double> freq_lower_hz; ///< as SigMF has it: absolute, or relative to the center where that is
    std::optional<double> freq_upper_hz; ///< not known
    std::string comment;
    std::string generator = {}; ///< who or what made the annotation
    std::string uuid = {};
};

/// The receiver's setting from one sample to the next capture or the end. Nothing is carried over from the
/// capture before: SigMF has each state its own.
struct Capture {
    std::uint64_t sample_start = 0;
    std::optional<double> center_freq_hz;
    std::optional<std::int64_t> time_ns; ///< of sample_start since 1970-01-01 UTC: stated, or by global_index
    std::optional<std::uint64_t> global_index = {}; ///< of sample_start in the receiver's own count
};

struct RecordingInfo {
    SampleFormat format = SampleFormat::ci16_le;
    double sample_rate_hz = 0.0;         ///< > 0
    double center_freq_hz = 0.0;         ///< of the first capture; 0 when unknown
    std::optional<std::int64_t> time_ns; ///< of sample 0 since 1970-01-01 UTC
    std::uint64_t sample_count = 0;
    std::vector<Annotation> annotations; ///< ordered by sample_start, each inside the recording
    std::string description;
    std::vector<Capture> captures;     ///< ordered by sample_start, the first at 0; empty: one, as said above
    std::vector<std::string> warnings; ///< what was strange but does not change the samples; a line each
};

/// How to read files that do not describe themselves; where a file does, its own words must agree.
struct RawOptions {
    std::optional<SampleFormat> format;
    std::optional<double> sample_rate_hz;
    std::optional<int> channel = {}; ///< 0.. of interleaved channels (core:num_channels); none: 0, with a warning
    bool check_sha512 = false;       ///< compare the samples with core:sha512, which reads them all
};

/// Streams a recording:
/// - SigMF 0.0.1 to 1.2 by the name of its -meta, its -data or their common stem; `core:dataset`, header and
///   trailing bytes, `core:offset`, several captures and interleaved channels are understood;
/// - SigMF archives and collections that hold one recording, or NAME of several as "x.sigmf#NAME"; an archive
///   is read in place, not unpacked;
/// - WAV (RIFF, RF64, BW64) with I left and Q right, PCM of 8 to 32 bits or float, frequency and time by `auxi`;
/// - raw samples. Format by option or extension (.cu8 .cs8 .cs16 .cf32 .cfile and their kin), rate by option;
///   names of Gqrx and rtl_433 tell both.
/// WAV and raw files that do not tell frequency and time have them from the usual forms of file names.
/// Throws `Error` for a missing, empty or truncated file (size not a whole number of samples), malformed
/// metadata, real-valued samples, a rate that is absent, not positive or contradicts the metadata.
class PRUNEDAMR_API Recording
{
public:
    Recording(const std::string& path, const RawOptions& raw);
    ~Recording();
    Recording(Recording&&) noexcept;

    const RecordingInfo& info() const;

    /// Reads up to `count` samples; returns how many, 0 at the end. Throws `Error` on a read fault. Does not
    /// allocate.
    std::size_t read(std::complex<float>* samples, std::size_t count);

    /// The next `read` begins at `sample`, 0..sample_count.
    void seek(std::uint64_t sample);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// A whole recording at once; see `SigmfWriter` for long ones and for what it writes.
PRUNEDAMR_API void write_sigmf(const std::string& path, const RecordingInfo& info,
                               const std::vector<std::complex<float>>& samples);

} // namespace prunedamr::recording
