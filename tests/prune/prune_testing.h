// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/graph/networks.h"
#include "tests/model/models.h"

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/graph/network.h"

#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::prune {

constexpr int kToyLength = 32;
constexpr int kToyClasses = 3;

/// Takes log lines and drops them.
inline void silent(const std::string&) {}

/// A residual network of the papers' shape for the toy data, norms and biases random.
graph::Network toy_network(const std::vector<int>& units_per_stage, const std::string& arch = "resnet56");

/// Complex tones in noise, one frequency per class, random phase: separable. 70 % train, 15 % each of the others.
dataset::Dataset toy_dataset(int frames, std::uint64_t seed = 1);

/// Index of a unit by name.
int unit_index(const graph::Network& network, const std::string& name);

} // namespace prunedamr::prune
