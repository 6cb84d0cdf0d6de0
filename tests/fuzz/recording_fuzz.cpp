// SPDX-License-Identifier: GPL-3.0-or-later
// PRUNEDAMR_READER (open_npy, ...) takes the input, whatever its contents test says; open_layout gives it to the
// reader that knows its contents. What is accepted is read to its end.
#include "tests/fuzz/recording_layout_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace prunedamr;
    if (size == 0)
        return 0;
    recording::RawOptions raw;
    for (const bool with_rate : { false, true }) {
        if (with_rate)
            raw.sample_rate_hz = 1e6;
        try {
            recording::Input input = fuzz::open_input(data, size);
            auto layout = recording::PRUNEDAMR_READER(input, raw);
            fuzz::check(layout, layout.bytes->size());
            fuzz::read_all(std::move(layout));
            break;
        } catch (const Error&) {
        }
    }
    return 0;
}
