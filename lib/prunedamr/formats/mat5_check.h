// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace prunedamr::formats {

/// Walks over the structure of a MAT file of version 5 before libmatio does, which believes its lengths: every
/// element lies inside the one around it, every array has the data that its extents ask for (a compressed array of
/// numbers: could have it), nothing but numbers, characters and cells of them. The format is MathWorks' "MAT-File
/// Format", level 5. Throws `Error` naming the byte of the variable.
void check_mat5(const std::string& path);

} // namespace prunedamr::formats
