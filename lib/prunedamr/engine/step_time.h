// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace prunedamr::engine {

/// What one step of a compiled network takes.
struct StepTime {
    std::string node;      ///< of the network; of several that became one step the one that computes most
    std::string op;        ///< "conv", "add", ...; "convert" for a copy in another form
    bool int8 = false;     ///< sums whole products
    std::int64_t macs = 0; ///< multiply-accumulates, all frames
    double us = 0.0;       ///< median
};

} // namespace prunedamr::engine
