// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"
#include "prunedamr/graph/zoo.h"

#include "tests/support/expect_error.h"

#include <string>
#include <vector>

namespace prunedamr::graph {

ZooConfig zoo_config(const std::string& arch, int length, int classes, const std::vector<int>& units = {});

/// Random norms and biases too, so that nothing is 0 or 1 by chance.
void randomize(Network& network, std::uint64_t seed);

/// What tells a network from others in the message of a failed test.
std::string name_of(const Network& network);

/// `count` seeded frames of noise for a network.
std::vector<float> noise_frames(const Network& network, int count, std::uint64_t seed);

/// The smallest network that is a model: one conv with its norm, 16 samples, two classes.
Network tiny_net();

// Small networks, one for each way in which channels are tied.
Network residual_net();  ///< the papers' residual network with one or two units per stage
Network concat_net();    ///< two branches concatenated, then a 2-D conv on an image
Network depthwise_net(); ///< separable convs with a sigmoid gate (mul)
Network shuffle_net();   ///< concat, channel shuffle, pools, flatten and a hidden linear
Network complex_net();   ///< complex conv and norm, position shuffle, attention over joined positions
std::vector<Network> all_nets();

} // namespace prunedamr::graph
