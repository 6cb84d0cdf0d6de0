// SPDX-License-Identifier: GPL-3.0-or-later
// An output as a user writes it, with its condition: read or refused, and a condition that is read answers.
#include "prunedamr/base/error.h"
#include "prunedamr/receiver/outputs/output.h"
#include "prunedamr/stream/event_filter.h"

#include <cstddef>
#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string text(reinterpret_cast<const char*>(data), size);
    try {
        const auto output = prunedamr::receiver::parse_output(text);
        output.name();
    } catch (const prunedamr::InvalidArgument&) {
    }
    try {
        const prunedamr::stream::EventFilter filter(text);
        filter(prunedamr::stream::LabelEvent());
    } catch (const prunedamr::InvalidArgument&) {
    }
    return 0;
}
