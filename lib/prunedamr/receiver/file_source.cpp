// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/source.h"

#include <algorithm>

namespace prunedamr::receiver {
namespace {

class FileSource : public Source
{
public:
    FileSource(const std::string& path, const recording::RawOptions& raw, std::optional<double> center_freq_hz)
        : recording_(path, without_annotations(raw)), frequency_is_given_(center_freq_hz)
    {
        const recording::RecordingInfo& recording = recording_.info();
        info_.name = path;
        info_.sample_rate_hz = recording.sample_rate_hz;
        info_.center_freq_hz = center_freq_hz.value_or(recording.center_freq_hz);
        info_.recording = recording;
        info_.warnings = recording.warnings;
    }

    const SourceInfo& info() const override { return info_; }

    /// Ends before the next capture, so that what changes there holds from a first sample on.
    Reading read(std::complex<float>* samples, std::size_t count, std::chrono::milliseconds) override
    {
        Reading reading = begin();
        reading.count = recording_.read(samples, std::min<std::uint64_t>(count, next_capture() - position_));
        reading.ended = reading.count == 0;
        position_ += reading.count;
        return reading;
    }

    Reading skip(std::uint64_t count) override
    {
        if (recording_.is_compressed() || position_ == recording_.info().sample_count)
            return {};
        Reading reading = begin();
        reading.count = std::min(count, std::min(next_capture(), recording_.info().sample_count) - position_);
        position_ += reading.count;
        recording_.seek(position_);
        return reading;
    }

private:
    static recording::RawOptions without_annotations(recording::RawOptions raw)
    {
        raw.skip_annotations = true;
        return raw;
    }

    static SourceTime at(std::int64_t time_ns) { return { time_ns, stream::TimeSource::file }; }

    /// What holds from the next sample on, where that is said there.
    Reading begin()
    {
        const auto& captures = recording_.info().captures;
        Reading reading;
        if (position_ == 0)
            reading.time = at(recording_.info().time_ns.value_or(0));
        while (next_ < captures.size() && captures[next_].sample_start <= position_)
            begin(captures[next_++], reading);
        return reading;
    }

    std::uint64_t next_capture() const ///< where it begins
    {
        const auto& captures = recording_.info().captures;
        return next_ < captures.size() ? captures[next_].sample_start : UINT64_MAX;
    }

    /// What the first capture says is the recording's own.
    void begin(const recording::Capture& capture, Reading& reading) const
    {
        if (capture.sample_start == 0)
            return;
        if (capture.center_freq_hz && !frequency_is_given_)
            reading.center_freq_hz = capture.center_freq_hz;
        if (capture.time_ns && *capture.time_ns >= 0)
            reading.time = at(*capture.time_ns);
    }

    recording::Recording recording_;
    const bool frequency_is_given_;
    SourceInfo info_;
    std::uint64_t position_ = 0;
    std::size_t next_ = 0; ///< capture
};

} // namespace

std::unique_ptr<Source> make_file_source(const std::string& path, const recording::RawOptions& raw,
                                         std::optional<double> center_freq_hz)
{
    return std::make_unique<FileSource>(path, raw, center_freq_hz);
}

} // namespace prunedamr::receiver
