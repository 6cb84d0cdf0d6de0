// SPDX-License-Identifier: GPL-3.0-or-later
// What is read is written and read again as the same.
#include "prunedamr/base/error.h"
#include "prunedamr/stream/drift_reference.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace prunedamr;
    try {
        const auto reference = stream::DriftReference::from_json(std::string(fuzz::text_of(data, size)), "input");
        const std::string text = reference.to_json();
        fuzz::require(stream::DriftReference::from_json(text, "again").to_json() == text);
    } catch (const Error&) {
    }
    return 0;
}
