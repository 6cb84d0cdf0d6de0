// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/recording/recording.h"

#include <complex>
#include <memory>
#include <string>

namespace prunedamr::data {

/// Writes a SigMF 1.2 recording as its samples come: x.sigmf-data and x.sigmf-meta, by the rules of the published
/// schema, with core:sha512. Both files appear at `finish`, or none.
class SigmfWriter
{
public:
    /// `path` may end in .sigmf-meta, .sigmf-data or neither. Of `info` are written format (cf32_le or ci16_le,
    /// |I|, |Q| <= 1 scaled to full range and clipped there), rate (1..1e12 Hz), description, captures and
    /// annotations. Throws `Error` for another format or rate, and where the files cannot be written.
    SigmfWriter(const std::string& path, const RecordingInfo& info);
    ~SigmfWriter();
    SigmfWriter(SigmfWriter&&) noexcept;

    /// Throws `Error` when the disk is full. Does not allocate.
    void append(const std::complex<float>* samples, std::size_t count);

    void add(const Capture& capture);       ///< in any order; replaces an earlier one with the same sample_start
    void add(const Annotation& annotation); ///< in any order

    std::uint64_t sample_count() const; ///< appended so far

    /// Once, at the end. Throws `Error` when a capture or annotation reaches behind the samples.
    void finish();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// The text of a .sigmf-meta file. `sha512` is left out when empty.
std::string sigmf_meta_text(const RecordingInfo& info, const std::string& sha512);

} // namespace prunedamr::data
