// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"
#include "prunedamr/graph/rewrite.h"

#include <map>
#include <string>
#include <vector>

namespace prunedamr::prune {

/// How small the result must be: "units=5", "macs=10%", "params=50k", "bytes=20k".
/// Units are all units of the result, the stem included. A percentage is of the unpruned network;
/// suffixes k and M are decimal.
struct Budget {
    enum class Quantity { units, macs, params, bytes };
    Quantity quantity = Quantity::units;
    double limit = 0.0; ///< absolute
    std::string text;   ///< as the user wrote it

    bool met_by(const graph::Network& network) const;
};

const char* to_string(Budget::Quantity quantity);

/// Throws `Error` for an unknown quantity, a bad number, or a limit that is not positive.
Budget parse_budget(const std::string& text, const graph::Network& original);

/// What removing units leaves of a budget's quantity, without rewriting: a unit's cost does not depend on the
/// others.
class UnitCosts
{
public:
    UnitCosts(const graph::Network& network, Budget::Quantity quantity);

    double whole() const { return whole_; }
    double of(const std::string& unit) const { return by_unit_.at(unit); }
    double after(const graph::Plan& plan) const; ///< of a plan that removes units only

private:
    double whole_ = 0.0;
    std::map<std::string, double> by_unit_;
};

/// Throws `Error` naming the smallest reachable size when stem and one unit per stage already exceed the budget.
void check_reachable(const graph::Network& network, const Budget& budget);

} // namespace prunedamr::prune
