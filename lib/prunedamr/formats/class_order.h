// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace prunedamr::formats {

/// Each name once, in the order of `model::modulations()`; names that it does not know behind them, by name.
std::vector<std::string> in_class_order(std::vector<std::string> names);

/// Throws `Error` naming `where` unless the name is 1 to 64 printable ASCII characters.
void check_class_name(const std::string& name, const std::string& where);

} // namespace prunedamr::formats
