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
    static constexpr const char* kOwnGenerator = "gr-prunedamr";

    std::uint64_t sample_start = 0;
    std::uint64_t sample_count = 0;
    std::string label;
    std::optional<double> freq_lower_hz; ///< as SigMF has it: absolute, or relative to the center where that is
    std::optional<double> freq_upper_hz; ///< not known
    std::string comment;
    std::string generator = {}; ///< who or what made the annotation
    std::string uuid = {};

    /// Made by a receiver of this project: what it said, and no truth to hold against what one says.
    bool is_own() const { return generator.rfind(kOwnGenerator, 0) == 0; }
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
    SampleFormat format = SampleFormat::ci16_le; ///< in the file
    double sample_rate_hz = 0.0;                 ///< > 0; of a real-valued format half the file's, as of all below
    double center_freq_hz = 0.0;                 ///< of the first capture; 0 when unknown
    std::optional<std::int64_t> time_ns;         ///< of sample 0 since 1970-01-01 UTC
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
    bool skip_annotations = false;   ///< for who does not need them: a million cost seconds and a gigabyte
};

/// Whether a file is a recording: by its contents, or by its name (extension of a container or of a sample format).
PRUNEDAMR_API bool is_recording(const std::string& path);

/// "WAV", "gzip" ...: what a stream is whose first bytes (64 or more) say that it is no raw samples; else nullptr.
PRUNEDAMR_API const char* container_of(const std::string& head);

struct RecordingLayout;

/// Streams a recording. What it is the contents decide; the extension where they do not tell. Read are:
/// - SigMF 0.0.1 to 1.2 by the name of its -meta, its -data or their common stem; `core:dataset`, header and
///   trailing bytes, `core:offset`, several captures and interleaved channels are understood;
/// - SigMF archives and collections that hold one recording, or NAME of several as "x.sigmf#NAME"; an archive
///   is read in place, not unpacked;
/// - WAV (RIFF, RF64, BW64): I left and Q right, several pairs as channels, mono as real-valued samples; PCM of 8
/// to
///   32 bits or float; frequency and time by `auxi`; KiwiSDR's many `data` chunks;
/// - SDRangel's .sdriq, Midas BLUE type 1000 (also detached), NumPy's .npy, raw samples behind an XML header
/// (.uff),
///   GNU Radio's files with metadata (headers inside, or beside in .hdr), VITA 49 and DIFI packets;
/// - raw samples. Format by option or extension (.cu8 .cs8 .cs16 .cf32 .cfile and their kin), rate by option; a
/// .TXT
///   beside (PortaPack) and names of Gqrx, rtl_433, gamutRF, SatDump, osmocom_fft and others tell both;
/// - and all of these compressed by gzip, bzip2, xz or zstd.
/// Real-valued samples become the analytic signal at half their rate (`RealToComplex`). Where a file does not tell
/// frequency and time, the usual forms of file names do. What is strange but leaves the samples readable is a
/// warning: a cut end, metadata with wrong values. Throws `Error` for a missing or empty file, one whose header
/// tells no samples, a format that is not read, a rate that is absent, not positive or contradicts the metadata.
class PRUNEDAMR_API Recording
{
public:
    Recording(const std::string& path, const RawOptions& raw);
    explicit Recording(RecordingLayout layout); ///< that a reader of this library has found
    ~Recording();
    Recording(Recording&&) noexcept;

    const RecordingInfo& info() const;
    bool is_compressed() const; ///< to go far in it takes as long as to read it

    /// Reads up to `count` samples; returns how many, 0 at the end. Throws `Error` on a read fault. Does not
    /// allocate, except of a compressed file.
    std::size_t read(std::complex<float>* samples, std::size_t count);

    /// The next `read` begins at `sample`, 0..sample_count. Back in a compressed file: it is decompressed from its start.
    void seek(std::uint64_t sample);

    /// `read` ends before `sample`, at most sample_count: of a part, `seek` to its start and `limit` to its end.
    void limit(std::uint64_t sample);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// A whole recording at once; see `SigmfWriter` for long ones and for what it writes.
PRUNEDAMR_API void write_sigmf(const std::string& path, const RecordingInfo& info,
                               const std::vector<std::complex<float>>& samples);

} // namespace prunedamr::recording
