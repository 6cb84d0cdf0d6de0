// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/label_event.h"
#include "prunedamr/systems/matcher.h"

namespace prunedamr::stream {

/// Compares `event` with the table and sets its candidates. `burst_s`: length of the transmission, where the event
/// is a whole one. Allocates nothing, some microseconds; any thread.
PRUNEDAMR_API void set_candidates(const systems::Matcher& matcher, LabelEvent& event,
                                  double burst_s = std::numeric_limits<double>::quiet_NaN()) noexcept;

} // namespace prunedamr::stream
