// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/frame_source.h"
#include "prunedamr/recording/recording.h"

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace prunedamr::dataset {

/// A labeled stretch of a capture, and the channel in which its signal is.
struct Stretch {
    std::uint64_t start = 0; ///< samples
    std::uint64_t count = 0;
    std::string label;             ///< in the project's spelling
    double center = 0.0;           ///< of the signal, cycles per sample
    double bandwidth = 1.0;        ///< of the signal by its annotation; 1: not known
    double channel_fraction = 1.0; ///< fraction of the rate to be kept around it; 1: all
};

/// What is not used, and why.
struct Skipped {
    std::uint64_t start = 0;
    std::uint64_t count = 0;
    std::string label;
    std::string reason;
};

struct CapturePlan {
    std::vector<Stretch> stretches; ///< by their starts
    std::vector<Skipped> skipped;
};

/// Which stretches of a capture become frames: its labeled annotations; where there are none, its annotations or
/// the whole of it under `label`. A signal with frequency edges gets a channel whose rate is three times its
/// bandwidth, lower (to 1.5 times) where others are on the air beside it. Not used is what has no label, overlaps
/// another in time and cannot be told from it by frequency, lies outside of the capture's band, or holds a
/// retuning; nor, where only persons' labels count, what a receiver has labeled.
CapturePlan plan_capture(const recording::RecordingInfo& info, const std::string& label, bool only_of_persons = false);

/// How to take captures that do not describe themselves.
struct CaptureOptions {
    FrontEndSpec front_end;
    recording::RawOptions raw;
    std::string label; ///< of those without labels
    /// Called with the warnings of each file that has any (`recording::RecordingInfo::warnings`), when it is
    /// opened.
    std::function<void(const std::vector<std::string>&)> on_warnings = {};
    bool only_of_persons = false; ///< what a receiver has said is no label
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
