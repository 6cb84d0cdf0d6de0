// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace prunedamr::receiver {

/// What the tags of one item say of a stream.
struct StreamTags {
    std::uint64_t offset = 0; ///< of the item, from the first one of the message
    std::optional<double> center_freq_hz, sample_rate_hz;
    std::optional<std::int64_t> time_ns;
};

/// The header that GNU Radio's ZeroMQ sinks put before the items when they pass tags
/// (gr-zeromq/lib/tag_headers.cc): a magic number, the count of the first item, then each tag as an offset and
/// three serialized PMTs: key, value, source.
struct TagHeader {
    static constexpr std::size_t kMaxTags = 32;

    std::size_t bytes = 0;        ///< the items begin after so many
    std::uint64_t first_item = 0; ///< of the message, counted from the start of the stream
    std::size_t tag_count = 0;    ///< of `tags`, by rising offset; what is beyond `kMaxTags` items is left out
    StreamTags tags[kMaxTags];
};

/// True for a message that begins with the magic number.
bool has_tag_header(const std::byte* message, std::size_t size) noexcept;

/// False where what follows the magic number is no such header. `header` is then of no use.
bool parse_tag_header(const std::byte* message, std::size_t size, TagHeader& header) noexcept;

} // namespace prunedamr::receiver
