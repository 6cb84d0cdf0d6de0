// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/engine/engines.h"
#include "tests/engine/random_network.h"
#include "tests/graph/networks.h"

#include <gtest/gtest.h>

#include <thread>

using namespace prunedamr;
using namespace prunedamr::test;

TEST(Repeatability, SameBitsForAFrameAtAnyPlaceInAnyBatch)
{
    std::vector<graph::Network> networks{ zoo_network("amr_s", 127), zoo_network("resnet56", 32) };
    for (std::uint64_t seed : { 201, 202, 203, 204, 205, 206 })
        networks.push_back(random_network(seed));
    for (const auto& network : networks) {
        const auto frames = graph::noise_frames(network, 64, 11);
        for (const Way& way : native_ways()) {
            auto engine = make_engine(network, way);
            const auto one_by_one = logits_of(engine, frames, 1);
            for (int batch : { 2, 3, 7, 13, 64 })
                EXPECT_EQ(logits_of(engine, frames, batch), one_by_one)
                    << to_string(way) << ", " << graph::name_of(network) << ", batch " << batch;
        }
    }
}

TEST(Repeatability, SameBitsFromRunToRun)
{
    const auto network = zoo_network("amr_m", 256);
    const auto frames = graph::noise_frames(network, 13, 3);
    const auto others = graph::noise_frames(network, 13, 4);
    for (const Way& way : ways()) {
        auto engine = make_engine(network, way, 13);
        const auto first = logits_of(engine, frames, 13);
        logits_of(engine, others, 13); // leaves other activations behind
        EXPECT_EQ(logits_of(engine, frames, 13), first) << to_string(way);
    }
}

TEST(Repeatability, FourClonesOnFourThreadsAgree)
{
    const auto network = zoo_network("resnet56", 64);
    const auto frames = graph::noise_frames(network, 8, 3);
    for (const Way& way : ways()) {
        auto engine = make_engine(network, way, 8);
        const auto expected = logits_of(engine, frames, 8);
        std::vector<std::vector<float>> results(4);
        std::vector<std::thread> threads;
        for (auto& result : results)
            threads.emplace_back([&engine, &frames, &result] {
                auto own = engine.clone();
                for (int round = 0; round < 5; ++round)
                    result = logits_of(own, frames, 8);
            });
        for (auto& thread : threads)
            thread.join();
        for (const auto& result : results)
            EXPECT_EQ(result, expected) << to_string(way);
    }
}

TEST(Repeatability, CloneOutlivesItsOriginal)
{
    const auto network = zoo_network("amr_s", 64);
    const auto frames = graph::noise_frames(network, 2, 3);
    for (const Way& way : ways()) {
        auto original = std::make_unique<engine::Engine>(make_engine(network, way, 2));
        const auto expected = logits_of(*original, frames, 2);
        auto copy = original->clone();
        original.reset();
        EXPECT_EQ(logits_of(copy, frames, 2), expected) << to_string(way);
        EXPECT_EQ(copy.max_batch(), 2);
        EXPECT_EQ(copy.length(), 64);
        EXPECT_EQ(copy.classes(), 11);
    }
}
