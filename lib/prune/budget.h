// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <string>

namespace prunedamr::prune {

/// How small the result must be: "units=4" (units kept, stem included), "macs=10%", "params=50k", "bytes=20k".
/// A percentage is of the unpruned network; suffixes k and M are decimal.
struct Budget {
    enum class Quantity { units, macs, params, bytes };
    Quantity quantity = Quantity::units;
    double limit = 0.0; ///< absolute
    std::string text;   ///< as the user wrote it

    bool met_by(const graph::Network& network) const;
};

/// Throws `Error` for an unknown quantity, a bad number, or a limit that is not positive.
Budget parse_budget(const std::string& text, const graph::Network& original);

} // namespace prunedamr::prune
