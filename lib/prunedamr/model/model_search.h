// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"

#include <string>

namespace prunedamr::model {

/// The file that `model` means: a path, or the name of a model ("onair-s") in the folder $PRUNEDAMR_MODELS or in
/// share/prunedamr/models of the prefix that this library is installed in. Throws `Error` for a name that is
/// nowhere, saying which there are. That a path leads to a model, `load_model` finds out.
PRUNEDAMR_API std::string find_model(const std::string& model);

/// share/prunedamr/`name`, a file or a folder, of the prefix that this library is installed in, or of the tree that it
/// was built in; empty where there is none.
PRUNEDAMR_API std::string find_shared(const std::string& name);

} // namespace prunedamr::model
