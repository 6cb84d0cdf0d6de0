// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/model/model_file.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace prunedamr;
    const fuzz::InputFile file(data, size);
    try {
        model::load_model(file.path());
    } catch (const Error&) {
    }
    return 0;
}
