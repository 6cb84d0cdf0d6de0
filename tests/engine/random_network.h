// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

namespace prunedamr::test {

/// A valid network of random operations, shapes, strides, groups and channel counts; same seed, same network.
graph::Network random_network(std::uint64_t seed);

} // namespace prunedamr::test
