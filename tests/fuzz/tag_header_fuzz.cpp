// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/tag_header.h"
#include "tests/fuzz/fuzz_input.h"

#include <cmath>
#include <cstring>
#include <memory>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace prunedamr;
    using prunedamr::fuzz::require;
    const auto* message = reinterpret_cast<const std::byte*>(data);
    receiver::TagHeader header;
    if (!receiver::parse_tag_header(message, size, header))
        return 0;
    require(receiver::has_tag_header(message, size));
    require(header.bytes <= size && header.tag_count <= receiver::TagHeader::kMaxTags);
    for (std::size_t i = 0; i < header.tag_count; ++i) {
        const auto& tags = header.tags[i];
        require(i == 0 || header.tags[i - 1].offset < tags.offset);
        require(!tags.center_freq_hz || std::isfinite(*tags.center_freq_hz));
        require(!tags.sample_rate_hz || std::isfinite(*tags.sample_rate_hz));
        require(!tags.time_ns || *tags.time_ns >= 0);
    }
    return 0;
}
