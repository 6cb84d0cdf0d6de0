// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/recording/recording_layout.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace prunedamr::fuzz {

inline void require(bool condition)
{
    if (!condition)
        std::abort();
}

/// What `Recording` relies on: ranges gapless and inside the file, captures and annotations in order and inside.
inline void check(const recording::RecordingLayout& layout, std::uint64_t file_bytes)
{
    const auto& info = layout.info;
    const auto frame = static_cast<std::uint64_t>(recording::bytes_per_sample(info.format)) *
                       static_cast<std::uint64_t>(layout.channels);
    require(info.sample_rate_hz > 0.0 && info.sample_count > 0);
    require(layout.channel >= 0 && layout.channel < layout.channels);
    std::uint64_t samples = 0;
    for (const auto& range : layout.ranges) {
        require(range.first_sample == samples && range.sample_count > 0 && range.file_offset <= file_bytes);
        require(range.sample_count <= (file_bytes - range.file_offset) / frame);
        samples += range.sample_count;
    }
    require((recording::is_real(info.format) ? samples / 2 : samples) == info.sample_count);
    require(!info.captures.empty() && info.captures[0].sample_start == 0);
    for (std::size_t i = 1; i < info.captures.size(); ++i)
        require(info.captures[i - 1].sample_start < info.captures[i].sample_start);
    require(info.captures.back().sample_start < info.sample_count);
    for (std::size_t i = 0; i < info.annotations.size(); ++i) {
        const auto& annotation = info.annotations[i];
        require(annotation.sample_count <= info.sample_count - annotation.sample_start);
        require(annotation.sample_start < info.sample_count);
        require(i == 0 || info.annotations[i - 1].sample_start <= annotation.sample_start);
    }
}

/// From the start, the middle and the end: not more than a few thousand samples of each.
inline void read_all(const std::string& path, const recording::RawOptions& raw)
{
    recording::Recording recording(path, raw);
    const std::uint64_t count = recording.info().sample_count;
    std::vector<std::complex<float>> samples(1000);
    for (const std::uint64_t start : { std::uint64_t{ 0 }, count / 2, count - std::min<std::uint64_t>(count, 7) }) {
        recording.seek(start);
        std::size_t got = 1;
        for (int i = 0; i < 4 && got > 0; ++i)
            got = recording.read(samples.data(), samples.size());
        require(got == 0 || start + 4 * samples.size() <= count);
    }
}

} // namespace prunedamr::fuzz
