// SPDX-License-Identifier: GPL-3.0-or-later
// PRUNEDAMR_READER (open_npy, ...) takes the input, whatever its contents test says; what it accepts is read to its
// end.
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/recording_layout_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace prunedamr;
    if (size == 0)
        return 0;
    const fuzz::InputFile file(data, size);
    recording::RawOptions raw;
    for (const bool with_rate : { false, true }) {
        if (with_rate)
            raw.sample_rate_hz = 1e6;
        try {
            recording::Input input = recording::open_input(file.path());
            const auto layout = recording::PRUNEDAMR_READER(input, raw);
            fuzz::check(layout, layout.bytes->size());
        } catch (const Error&) {
        }
    }
    try { // the way of a user, by the contents
        fuzz::read_all(file.path(), raw);
    } catch (const Error&) {
    }
    return 0;
}
