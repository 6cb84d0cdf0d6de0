// SPDX-License-Identifier: GPL-3.0-or-later
// The first byte says whether the rest is a recipe or a scene.
#include "prunedamr/base/error.h"
#include "prunedamr/synth/recipe/recipe.h"
#include "prunedamr/synth/scene/scene.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace prunedamr;
    if (size == 0)
        return 0;
    const std::string text(fuzz::text_of(data + 1, size - 1));
    try {
        if (data[0] & 1)
            synth::Recipe(text, "input").labels();
        else
            synth::to_json_text(synth::scene_from_json(text, "input"));
    } catch (const Error&) {
    }
    return 0;
}
