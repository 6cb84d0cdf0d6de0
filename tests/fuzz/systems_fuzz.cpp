// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/systems/system_table.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace prunedamr;
    const fuzz::InputFile file(data, size);
    try {
        for (const auto& system : systems::read_systems(file.path())) {
            fuzz::require(!system.name.empty() && !system.sources.empty());
            fuzz::require(system.bandwidth_hz.from <= system.bandwidth_hz.to);
            for (const auto& band : system.bands)
                fuzz::require(band.hz.from <= band.hz.to);
        }
    } catch (const Error&) {
    }
    return 0;
}
