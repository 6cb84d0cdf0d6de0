// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace prunedamr::rx {

/// Makes GNU Radio fit for a service: its log goes to stderr (stdout belongs to the labels), warnings and worse
/// only; a home folder that is absent or read-only does not matter. Call before the first block is made.
void set_up_gnuradio();

} // namespace prunedamr::rx
