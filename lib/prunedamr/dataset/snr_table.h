// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"

#include <nlohmann/json.hpp>

#include <string>

namespace prunedamr::dataset {

/// [{"label", "snr_db" (null: not known), "frames"}] of each cell that has frames.
nlohmann::json cells_json(const dataset::Dataset& fields);

/// Frames by class and SNR as lines of text, at most twelve columns of 2 dB or more.
std::string snr_table(const dataset::Dataset& fields);

} // namespace prunedamr::dataset
