// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace prunedamr {

/// Text of others (a name in a file, a message) made safe for a terminal or a log: control characters, marks that
/// turn the direction of text, and bytes that are no UTF-8 become \u001b and the like, which is how JSON writes
/// them. Tabs stay.
std::string printable(std::string_view text);

} // namespace prunedamr
