// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"

#include <nlohmann/json.hpp>

#include <string>

namespace prunedamr::dataset {

/// Adds or replaces one entry of the provenance, which must be a JSON object.
void add_provenance(Dataset& dataset, const std::string& key, const nlohmann::json& entry);

} // namespace prunedamr::dataset
