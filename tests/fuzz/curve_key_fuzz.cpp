// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/curve.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace prunedamr;
    const fuzz::InputFile file(data, size);
    try {
        fuzz::require(stream::read_curve_secret_key(file.path()).size() == 40);
    } catch (const Error&) {
    }
    try {
        for (const auto& key : stream::read_curve_client_keys(file.path()))
            fuzz::require(stream::decode_curve_key(key)->size() == 32);
    } catch (const Error&) {
    }
    return 0;
}
