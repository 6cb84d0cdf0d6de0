// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/recording_layout_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace prunedamr;
    const fuzz::InputFile file(data, size);
    try {
        fuzz::check(recording::open_wav(file.path(), {}), size);
    } catch (const Error&) {
    }
    return 0;
}
