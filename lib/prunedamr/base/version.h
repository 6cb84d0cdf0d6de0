// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The version of the project; CMake reads it here.
#define PRUNEDAMR_VERSION_MAJOR 0
#define PRUNEDAMR_VERSION_MINOR 2
#define PRUNEDAMR_VERSION_PATCH 0
#define PRUNEDAMR_VERSION "0.2.0"

namespace prunedamr {

/// "MAJOR.MINOR.PATCH" of the headers that a program was compiled with.
inline constexpr const char* kVersion = PRUNEDAMR_VERSION;

} // namespace prunedamr
