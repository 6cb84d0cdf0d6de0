// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/recording/sigmf_meta.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace prunedamr::recording {
namespace {

/// Lays captures and ranges one behind the other; see core:header_bytes in the specification.
class Placement
{
public:
    Placement(const SigmfMeta& meta, const std::string& where, const SigmfDataset& data, RecordingLayout& layout)
        : meta_(meta), where_(where), data_(data), layout_(layout),
          frame_(static_cast<std::uint64_t>(bytes_per_sample(layout.info.format) * layout.channels))
    {
        if (meta.trailing_bytes > data.size)
            throw Error({ "core:trailing_bytes reaches before the samples", where,
                          std::to_string(meta.trailing_bytes),
                          "at most the " + std::to_string(data.size) + " bytes of " + data.name });
        end_ = data.size - meta.trailing_bytes;
    }

    void place_all(Notes& notes)
    {
        for (const auto& capture : meta_.captures)
            if (!place(capture))
                notes.add("captures behind the end of the samples are left out",
                          "sample " + std::to_string(capture.sample_start));
        const std::uint64_t headers = position_ - samples_ * frame_;
        whole_frames(data_.name, end_ - headers, layout_.info.format, layout_.channels, notes);
        add_samples((end_ - position_) / frame_);
    }

private:
    /// False when the samples end before it begins.
    bool place(const SigmfMeta::Capture& capture)
    {
        const std::uint64_t start = capture.sample_start - std::min(capture.sample_start, meta_.offset);
        if (start > samples_) {
            const std::uint64_t wanted = start - samples_;
            if (wanted > (end_ - position_) / frame_)
                return false;
            add_samples(wanted);
        }
        if (samples_ > 0 && position_ == end_)
            return false;
        if (capture.header_bytes > end_ - position_)
            throw Error({ "core:header_bytes reaches behind the end", where_, std::to_string(capture.header_bytes),
                          "at most the " + std::to_string(end_ - position_) + " bytes left in " + data_.name });
        position_ += capture.header_bytes;
        add_capture(capture);
        return true;
    }

    void add_samples(std::uint64_t count)
    {
        add_range(layout_, count, data_.begin + position_);
        samples_ += count;
        position_ += count * frame_;
    }

    /// `ns` at sample `from`, moved to sample `to`.
    std::optional<std::int64_t> moved(std::int64_t ns, std::uint64_t from, std::uint64_t to) const
    {
        const double samples = to >= from ? static_cast<double>(to - from) : -static_cast<double>(from - to);
        const double shift_ns = samples / layout_.info.sample_rate_hz * 1e9;
        if (!(std::abs(static_cast<double>(ns) + shift_ns) < 9.2e18))
            return std::nullopt;
        return ns + std::llround(shift_ns);
    }

    /// The first capture also speaks for samples before it, of captures before the first sample the last one.
    void add_capture(const SigmfMeta::Capture& capture)
    {
        auto& captures = layout_.info.captures;
        const bool first = captures.empty();
        const std::uint64_t start = first ? 0 : samples_;
        const std::uint64_t absolute = meta_.offset + start;
        Capture placed{ start, capture.center_freq_hz, {}, {} };
        const std::uint64_t index = capture.global_index.value_or(0) + absolute;
        if (capture.global_index && index >= capture.sample_start)
            placed.global_index = index - capture.sample_start;
        if (capture.time_ns)
            placed.time_ns = moved(*capture.time_ns, capture.sample_start, absolute);
        else if (!first && captures.back().time_ns && captures.back().global_index && placed.global_index)
            placed.time_ns = moved(*captures.back().time_ns, *captures.back().global_index, *placed.global_index);
        if (!first && captures.back().sample_start == start)
            captures.back() = placed;
        else
            captures.push_back(placed);
    }

    const SigmfMeta& meta_;
    const std::string& where_;
    const SigmfDataset& data_;
    RecordingLayout& layout_;
    const std::uint64_t frame_;
    std::uint64_t end_ = 0;      ///< of the samples, in the data set
    std::uint64_t position_ = 0; ///< in the data set
    std::uint64_t samples_ = 0;  ///< before position_
};

/// The end of the capture that holds `sample`.
std::uint64_t capture_end(const RecordingInfo& info, std::uint64_t sample)
{
    const auto next = std::upper_bound(info.captures.begin(), info.captures.end(), sample,
                                       [](std::uint64_t s, const Capture& c) { return s < c.sample_start; });
    return next == info.captures.end() ? info.sample_count : next->sample_start;
}

std::string extent(const SigmfMeta::OpenAnnotation& annotation, const RecordingInfo& info)
{
    return "annotation " + std::to_string(annotation.index) + ": " +
           std::to_string(annotation.fields.sample_start) + " + " +
           (annotation.sample_count ? std::to_string(*annotation.sample_count) : "?") + " of " +
           std::to_string(info.sample_count) + " samples";
}

void place_annotations(const SigmfMeta& meta, RecordingInfo& info, Notes& notes)
{
    for (const auto& entry : meta.annotations) {
        Annotation annotation = entry.fields;
        const std::uint64_t before = meta.offset - std::min(meta.offset, annotation.sample_start);
        annotation.sample_start -= std::min(meta.offset, annotation.sample_start);
        if (annotation.sample_start >= info.sample_count ||
            (entry.sample_count && before > 0 && *entry.sample_count <= before)) {
            notes.add("annotations outside the samples are left out", extent(entry, info));
            continue;
        }
        const std::uint64_t left = info.sample_count - annotation.sample_start;
        const std::uint64_t stated = entry.sample_count.value_or(
            before + capture_end(info, annotation.sample_start) - annotation.sample_start);
        if (stated - before > left)
            notes.add("annotation ends behind the recording, cut there", extent(entry, info));
        annotation.sample_count = std::min(stated - before, left);
        if (annotation.freq_lower_hz && annotation.freq_upper_hz &&
            *annotation.freq_lower_hz > *annotation.freq_upper_hz) {
            notes.add("frequency edges the wrong way round, exchanged",
                      "annotation " + std::to_string(entry.index));
            std::swap(annotation.freq_lower_hz, annotation.freq_upper_hz);
        }
        info.annotations.push_back(std::move(annotation));
    }
}

SampleFormat format_of(const SigmfMeta& meta, const std::string& where)
{
    try {
        return sample_format(meta.datatype);
    } catch (const Error& error) {
        throw Error(
            { "core:datatype: " + error.parts().problem, where, error.parts().found, error.parts().expected });
    }
}

/// Two real-valued channels are I and Q, as in a stereo file: converters from WAV write them so.
SigmfMeta with_pairs_as_complex(SigmfMeta meta)
{
    if (meta.datatype[0] == 'r' && meta.channels == 2) {
        meta.notes.add("two real-valued channels are read as I and Q", meta.datatype);
        meta.datatype[0] = 'c';
        meta.channels = 1;
    }
    return meta;
}

} // namespace

RecordingLayout lay_out(const SigmfMeta& stated, const std::string& where, const SigmfDataset& data,
                        const RawOptions& raw)
{
    const SigmfMeta meta = with_pairs_as_complex(stated);
    Notes notes = meta.notes;
    RecordingLayout layout;
    layout.bytes = data.bytes;
    RecordingInfo& info = layout.info;
    info.format = format_of(meta, where);
    check_format_agrees(where, info.format, raw);
    const double rate = meta.sample_rate_hz.value_or(0.0);
    if (!meta.bad_sample_rate.empty() && !raw.sample_rate_hz)
        throw Error({ "bad value of 'core:sample_rate'", where, meta.bad_sample_rate, "a number" });
    if (rate < 0.0 || (rate == 0.0 && meta.sample_rate_hz && !raw.sample_rate_hz))
        throw Error({ "bad core:sample_rate", where, nlohmann::json(rate).dump(), "above 0" });
    info.sample_rate_hz = agreed_rate(where, rate, raw, "missing core:sample_rate");
    info.description = meta.description;
    choose_channel(meta.channels, "core:num_channels", where, raw, layout, notes);
    Placement(meta, where, data, layout).place_all(notes);
    if (info.captures.empty())
        info.captures.push_back({});
    place_annotations(meta, info, notes);
    std::stable_sort(info.annotations.begin(), info.annotations.end(),
                     [](const Annotation& a, const Annotation& b) { return a.sample_start < b.sample_start; });
    finish(layout, where, notes);
    return layout;
}

} // namespace prunedamr::recording
