// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace prunedamr::rx {

/// The model file that `model` means: a path, or the name of a model in $PRUNEDAMR_MODELS or in
/// share/prunedamr/models of the prefix that this program is installed in; empty is the default model.
/// Throws `Error` saying where it was looked for.
std::string find_model(const std::string& model);

} // namespace prunedamr::rx
