// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/detect/judge.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace prunedamr;
    try {
        const detect::Judge judge(std::string(fuzz::text_of(data, size)), "input");
        detect::Proposal proposal{};
        judge.score(proposal);
    } catch (const Error&) {
    }
    return 0;
}
