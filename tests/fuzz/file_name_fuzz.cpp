// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/recording/file_name_hints.h"
#include "tests/fuzz/fuzz_input.h"

#include <cmath>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace prunedamr;
    try {
        const auto hints = recording::hints_from_file_name(std::string(fuzz::text_of(data, size)));
        fuzz::require(!hints.sample_rate_hz ||
                      (std::isfinite(*hints.sample_rate_hz) && *hints.sample_rate_hz > 0.0));
        fuzz::require(!hints.center_freq_hz || std::isfinite(*hints.center_freq_hz));
    } catch (const Error&) {
    }
    return 0;
}
