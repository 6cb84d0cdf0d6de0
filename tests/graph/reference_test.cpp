// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/reference.h"

#include "graph/networks.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>

namespace prunedamr::graph
{
namespace
{

TEST(Reference, Resnet110TakesWellUnderASecond)
{
    const Network network = make_network(zoo_config("resnet110", 128, 11));
    const auto frame = noise_frames(network, 1, 3);
    const auto start = std::chrono::steady_clock::now();
    const auto logits = run_reference(network, frame);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    RecordProperty("seconds", std::to_string(took.count()));
    EXPECT_EQ(logits.size(), 11u);
    EXPECT_LT(took.count(), 2.0);
}

} // namespace
} // namespace prunedamr::graph
