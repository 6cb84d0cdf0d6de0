// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/recording/recording_layout.h"
#include "tests/fuzz/fuzz_input.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace prunedamr::fuzz {

/// The input as the bytes of a file without a name, which costs no search for hints in it or beside it.
class InputBytes : public recording::ByteSource
{
public:
    InputBytes(const std::uint8_t* data, std::size_t size) : ByteSource(""), data_(data), size_(size) {}

    std::uint64_t size() const override { return size_; }

    void read(std::uint64_t offset, void* bytes, std::size_t count) override
    {
        if (offset > size_ || count > size_ - offset)
            throw Error({ "truncated file", path(), "", "" });
        if (count > 0)
            std::memcpy(bytes, data_ + offset, count);
    }

private:
    const std::uint8_t* data_;
    std::size_t size_;
};

inline recording::Input open_input(const std::uint8_t* data, std::size_t size)
{
    return recording::open_input(std::make_unique<InputBytes>(data, size));
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
inline void read_all(recording::RecordingLayout layout)
{
    recording::Recording recording(std::move(layout));
    const std::uint64_t count = recording.info().sample_count;
    std::complex<float> samples[300];
    for (const std::uint64_t start : { std::uint64_t{ 0 }, count / 2, count - std::min<std::uint64_t>(count, 7) }) {
        recording.seek(start);
        std::size_t total = 0, got = 1;
        for (int i = 0; i < 4 && got > 0; ++i)
            total += got = recording.read(samples, std::size(samples));
        require(total == std::min<std::uint64_t>(count - start, 4 * std::size(samples)));
    }
}

} // namespace prunedamr::fuzz
