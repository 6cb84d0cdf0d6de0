// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/dataset.h"

#include <string>

namespace prunedamr::workshop {

/// [{"label", "snr_db" (null: not known), "frames"}] of each cell that has frames.
nlohmann::json cells_json(const data::Dataset& fields);

/// Frames by class and SNR as lines of text, at most twelve columns of 2 dB or more.
std::string snr_table(const data::Dataset& fields);

} // namespace prunedamr::workshop
