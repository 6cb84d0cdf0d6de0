// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace prunedamr::detect {

/// The text of `judge.json`, compiled in.
extern const char* const kShippedJudge;

} // namespace prunedamr::detect
