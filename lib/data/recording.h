// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::data {

/// Sample formats of recordings, by SigMF's names: cu8, ci8, ci16_le, ci16_be, cf32_le, cf32_be
/// ("ci16" and "cf32" mean little endian).
enum class SampleFormat { cu8, ci8, ci16_le, ci16_be, cf32_le, cf32_be };

SampleFormat sample_format(const std::string& name); ///< throws `Error` listing the known names
const char* to_string(SampleFormat format);
int bytes_per_sample(SampleFormat format); ///< per complex sample

/// Raw bytes to samples; integer full scale becomes |I|, |Q| = 1 (cu8: (x - 127.5) / 127.5, ci8 / 128, ci16 /
/// 32768). Does not allocate.
void convert(SampleFormat format, const std::byte* bytes, std::size_t samples, std::complex<float>* out) noexcept;

struct Annotation {
    std::uint64_t sample_start = 0;
    std::uint64_t sample_count = 0;
    std::string label;
    std::optional<double> freq_lower_hz; ///< absolute, as SigMF has it
    std::optional<double> freq_upper_hz;
    std::string comment;
};

struct RecordingInfo {
    SampleFormat format = SampleFormat::ci16_le;
    double sample_rate_hz = 0.0;         ///< > 0
    double center_freq_hz = 0.0;         ///< 0 when unknown
    std::optional<std::int64_t> time_ns; ///< of sample 0 since 1970-01-01 UTC
    std::uint64_t sample_count = 0;
    std::vector<Annotation> annotations; ///< ordered by sample_start
    std::string description;
};

/// How to read files that do not describe themselves; for SigMF each must be absent or equal the metadata.
struct RawOptions {
    std::optional<SampleFormat> format;
    std::optional<double> sample_rate_hz;
};

/// Streams a recording: SigMF (the name of the -meta, the -data file or their common stem), or raw samples
/// (format from `RawOptions` or the extension .cu8 .cs8 .cs16 .cf32 .fc32 .ci8 .ci16). Throws `Error` for a
/// missing, empty or truncated file (size not a whole number of samples), malformed metadata, a rate that is
/// absent, not positive or contradicts the metadata. Real-valued formats, archives and metadata that skip or move
/// samples (core:offset, core:header_bytes, ...) are refused by name.
class Recording
{
public:
    Recording(const std::string& path, const RawOptions& raw);
    ~Recording();
    Recording(Recording&&) noexcept;

    const RecordingInfo& info() const;

    /// Reads up to `count` samples; returns how many, 0 at the end. Throws `Error` on a read fault. Does not
    /// allocate.
    std::size_t read(std::complex<float>* samples, std::size_t count);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Writes `stem`.sigmf-data and .sigmf-meta (cf32_le or ci16_le, |x| <= 1 scaled to full range), both atomically.
/// `path` may end in .sigmf-meta, .sigmf-data or neither.
void write_sigmf(const std::string& path, const RecordingInfo& info,
                 const std::vector<std::complex<float>>& samples);

} // namespace prunedamr::data
