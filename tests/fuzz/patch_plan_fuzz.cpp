// SPDX-License-Identifier: GPL-3.0-or-later
// The size of the new file in a byte, a plan of segments, a zero byte, and the bytes that the plan calls stored;
// the base is the numbers of 8 bits.
#include "prunedamr/model/patch_segments.h"
#include "tests/fuzz/fuzz_input.h"

#include <numeric>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace prunedamr;
    static const std::string base = [] {
        std::string bytes(256, '\0');
        std::iota(bytes.begin(), bytes.end(), '\0');
        return bytes;
    }();
    if (size == 0)
        return 0;
    const std::string_view input = fuzz::text_of(data + 1, size - 1);
    const std::size_t end = std::min(input.find('\0'), input.size());
    const auto plan = nlohmann::json::parse(input.substr(0, end), nullptr, false);
    const std::string_view stored = input.substr(std::min(end + 1, input.size()));
    try {
        const auto segments = model::segments_from_json(plan, base.size(), stored.size(), data[0]);
        fuzz::require(model::carried_out(segments, base, stored).size() == data[0]);
    } catch (const Error&) {
    }
    return 0;
}
