// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/recording/recording.h"

#include <complex>
#include <memory>
#include <string>
#include <vector>

namespace prunedamr::recording {

/// Writes a SigMF 1.2 recording as its samples come: x.sigmf-data and x.sigmf-meta, by the rules of the published
/// schema, with core:sha512. Both files appear at `finish`, or none.
class PRUNEDAMR_API SigmfWriter
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

/// Labels for samples that are there already, as annotations.
struct Annotating {
    std::string recording; ///< file as `Recording` takes it
    RawOptions raw;        ///< with which it was opened
    std::string path; ///< .sigmf-meta to write, or its stem; of a SigMF recording its own, which then is rewritten
};

/// Where annotations of a recording can be written, and with which generator they are ours. Checks before long work
/// that they can: throws `Error` for samples that metadata cannot name (compressed, in an archive, of 24 bits), for
/// a folder other than the recording's, which they cannot name either, and for a place that cannot be written.
PRUNEDAMR_API void check(const Annotating& annotating);

/// Writes the metadata, atomically: those of a SigMF recording with all that they hold, but for annotations whose
/// generator begins with `generator`, which `annotations` replace; for others new ones (core:dataset, and what is
/// no sample as core:header_bytes and core:trailing_bytes). Sample numbers count from the first sample of the
/// recording as `Recording` counts. Throws `Error` as `check` does.
PRUNEDAMR_API void annotate(const Annotating& annotating, const std::vector<Annotation>& annotations,
                            const std::string& generator);

} // namespace prunedamr::recording
