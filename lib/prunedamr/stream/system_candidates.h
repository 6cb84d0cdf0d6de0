// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/label_event.h"
#include "prunedamr/systems/matcher.h"

namespace prunedamr::stream {

/// Compares `event` with the table and sets its candidates. Allocates nothing, some microseconds; any thread.
PRUNEDAMR_API void set_candidates(const systems::Matcher& matcher, LabelEvent& event) noexcept;

} // namespace prunedamr::stream
