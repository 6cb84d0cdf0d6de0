// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace prunedamr::train {

/// "127.0.0.1" of "localhost": the first address of a machine to which there is a route.
/// Throws `Error` when the name is not known or nothing leads there.
std::string numeric_address(const std::string& machine);

/// This machine's own address on the interface that leads to another; throws likewise.
std::string local_address(const std::string& machine);

} // namespace prunedamr::train
