// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace prunedamr::synth {

/// The text of `onair.json`, compiled in.
extern const char* const kOnairRecipe;

} // namespace prunedamr::synth
