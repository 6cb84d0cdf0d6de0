// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dataset/dataset_file.h"
#include "tests/fuzz/frame_source_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const prunedamr::fuzz::InputFile file(data, size);
    prunedamr::fuzz::read_to_the_end([&] {
        return prunedamr::dataset::dataset_source(prunedamr::dataset::open_safetensors_dataset(file.path()),
                                                  file.path());
    });
    return 0;
}
