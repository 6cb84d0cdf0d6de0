// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/frame_source.h"
#include "prunedamr/dataset/capture_plan.h"

#include <nlohmann/json.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace prunedamr::dataset {

/// How to take captures that do not describe themselves.
struct CaptureOptions {
    FrontEndSpec front_end;
    recording::RawOptions raw;
    std::string label; ///< of those without labels
    /// Called with the warnings of each file that has any (`recording::RecordingInfo::warnings`), when it is
    /// opened.
    std::function<void(const std::vector<std::string>&)> on_warnings = {};
};

/// Captures as labeled frames, one stretch after the other, through the front end; a signal with frequency edges
/// is taken out of its channel first. Each stretch is a group, no frame holds samples of two; SNR is the front
/// end's. The number of frames shows at the end only.
class CaptureSource : public dataset::FrameSource
{
public:
    /// Opens each file for its metadata. Throws `Error` for one that cannot be read, when no file has
    /// a labeled signal that can be used, and in a build without the front end (VOLK, FFTW).
    CaptureSource(const std::vector<std::string>& files, const CaptureOptions& options);
    ~CaptureSource() override;

    const dataset::Dataset& header() const override { return header_; }
    std::int64_t frame_count() const override { return -1; }
    bool has_split() const override { return false; }
    std::int64_t read(dataset::Dataset& piece, std::int64_t max_count) override;

    /// After the last frame: {"files", "groups", "frames", "skipped": {reason: how often},
    /// "not_used": [{"file", "sample_start", "sample_count", "label", "reason"}]}.
    nlohmann::json report() const;

private:
    struct File {
        std::string path;
        CapturePlan plan;
    };
    struct Current;

    bool next_stretch();
    void take(dataset::Dataset& piece, std::int64_t max_count);
    void skip(const Stretch& stretch, const std::string& reason);

    CaptureOptions options_;
    std::vector<File> files_;
    dataset::Dataset header_;
    std::unique_ptr<Current> current_;
    std::size_t file_ = 0, stretch_ = 0; ///< the next one
    std::int64_t group_ = -1, frames_ = 0;
};

} // namespace prunedamr::dataset
