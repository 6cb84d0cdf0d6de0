// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/host_speed.h"
#include "prunedamr/graph/cost.h"
#include "prunedamr/graph/rewrite/rewrite.h"
#include "tests/engine/engines.h"
#include "tests/graph/networks.h"
#include "tests/graph/quantized_networks.h"

#include <gtest/gtest.h>

#include <numeric>

using namespace prunedamr;
using namespace prunedamr::test;

TEST(Profile, StepsHoldTheNetworksMacsAndLeaveItsResultsAlone)
{
    const auto plain = zoo_network("amr_ds_s", 64);
    for (const auto& network : { plain, graph::quantized(plain, 1) })
        for (const Way& way : native_ways()) {
            auto engine = make_engine(network, way);
            const auto frames = graph::noise_frames(network, 2, 1);
            const auto before = logits_of(engine, frames, 2);
            const auto steps = engine.profile(frames.data(), 2, 3);
            std::int64_t macs = 0;
            bool int8 = false;
            for (const auto& step : steps) {
                EXPECT_GT(step.us, 0.0) << step.node;
                macs += step.macs;
                int8 = int8 || step.int8;
            }
            EXPECT_EQ(macs, 2 * graph::cost(network).macs) << to_string(way);
            EXPECT_EQ(int8, !network.quantized.empty());
            EXPECT_EQ(logits_of(engine, frames, 2), before);
        }
}

TEST(Profile, IsOfTheNativeBackendOnly)
{
    if (ways().back().backend != engine::Backend::onednn)
        GTEST_SKIP() << "this build has no oneDNN";
    const auto network = zoo_network("amr_s", 64);
    auto engine = make_engine(network, ways().back());
    const auto frames = graph::noise_frames(network, 1, 1);
    EXPECT_ERROR(engine.profile(frames.data(), 1, 1),
                 "engine backend: steps cannot be timed one by one: found onednn");
}

TEST(Peak, IsThatOfTheInstructionSet)
{
    double before = 0.0;
    for (const Way& way : native_ways()) {
        const IsaLimit limit(way.isa);
        const engine::Peak peak = engine::measure_peak();
        EXPECT_GT(peak.float32, 1e8) << to_string(way);
        EXPECT_LT(peak.float32, 1e12) << to_string(way);
        EXPECT_GT(peak.int8, 1e8) << to_string(way);
        EXPECT_LT(peak.int8, 4e12) << to_string(way);
        if (way.isa == "avx-vnni" || way.isa == "avx512-vnni" || way.isa == "neon-dotprod" ||
            way.isa == "neon-i8mm") {
            EXPECT_GT(peak.int8, before); // than what 16-bit products reach
        }
        before = peak.int8;
    }
}
