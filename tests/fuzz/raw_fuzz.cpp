// SPDX-License-Identifier: GPL-3.0-or-later
// The first byte chooses the format of the samples behind it.
#include "tests/fuzz/recording_layout_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace prunedamr;
    static const auto formats = recording::sample_formats();
    if (size < 2)
        return 0;
    recording::RawOptions raw;
    raw.format = formats[data[0] % formats.size()];
    raw.sample_rate_hz = 1e6;
    try {
        recording::Input input = fuzz::open_input(data + 1, size - 1);
        auto layout = recording::open_raw(input, raw);
        fuzz::check(layout, layout.bytes->size());
        fuzz::read_all(std::move(layout));
    } catch (const Error&) {
    }
    return 0;
}
