// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/recording/recording.h"

#include <nlohmann/json.hpp>

namespace prunedamr::data {

/// An entry of "annotations".
nlohmann::json annotation_json(const Annotation& annotation);

} // namespace prunedamr::data
