// SPDX-License-Identifier: GPL-3.0-or-later
// The plain reference against every backend and instruction set of this machine.
#include "tests/engine/engines.h"
#include "tests/engine/random_network.h"
#include "tests/graph/networks.h"
#include "prunedamr/engine/compiled_graph.h"
#include "prunedamr/graph/reference.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace prunedamr;
using namespace prunedamr::test;

namespace {

constexpr double kTolerance = 1e-4; // of the logits' range

struct ZooCase {
    const char* arch;
    int length;
    int frames; ///< distinct ones: the reference is slow
};

class ZooParity : public testing::TestWithParam<ZooCase>
{
};

/// oneDNN has no primitive for a complex sum that did not become part of a conv.
bool onednn_runs(const graph::Network& network)
{
    const auto compiled = engine::compile_graph(network);
    return std::none_of(compiled.steps.begin(), compiled.steps.end(),
                        [](const auto& step) { return step.op == graph::Op::complex_sum; });
}

} // namespace

TEST_P(ZooParity, AllBatchesOnAllBackends)
{
    const auto network = zoo_network(GetParam().arch, GetParam().length);
    const auto frame_floats = static_cast<std::size_t>(2 * network.length);
    const auto distinct = graph::noise_frames(network, GetParam().frames, 7);
    const auto expected = graph::run_reference(network, distinct);
    const auto classes = static_cast<std::size_t>(network.classes());
    for (const Way& way : ways()) {
        auto engine = make_engine(network, way);
        for (int batch : { 1, 2, 3, 7, 13, 64 }) {
            const auto got = logits_of(engine, repeated(distinct, frame_floats, batch), batch);
            EXPECT_LE(graph::relative_error(repeated(expected, classes, batch), got), kTolerance)
                << to_string(way) << ", batch " << batch;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Engine, ZooParity,
                         testing::Values(ZooCase{ "resnet56", 128, 3 }, ZooCase{ "resnet110", 61, 2 },
                                         ZooCase{ "vgg16", 17, 2 }, ZooCase{ "cnn1d", 128, 3 },
                                         ZooCase{ "dense", 64, 3 }, ZooCase{ "ulcnn", 128, 5 },
                                         ZooCase{ "amr_s", 1024, 5 }, ZooCase{ "amr_m", 509, 5 },
                                         ZooCase{ "amr_l", 131, 3 }, ZooCase{ "amr_s4", 1024, 5 },
                                         ZooCase{ "amr_m4", 509, 3 }, ZooCase{ "amr_xs", 128, 5 },
                                         ZooCase{ "amr_ds_s", 509, 3 }, ZooCase{ "amr_ds_m", 1024, 2 },
                                         ZooCase{ "amr_lk", 128, 3 }),
                         [](const auto& info) { return std::string(info.param.arch); });

TEST(ZooParityCases, AreTheWholeZoo)
{
    EXPECT_EQ(graph::architectures().size(), 15u);
}

TEST(Parity, RandomNetworks)
{
    const auto all_ways = ways();
    for (std::uint64_t seed = 1; seed <= 120; ++seed) {
        const auto network = random_network(seed);
        const auto frames = graph::noise_frames(network, 3, seed);
        const auto expected = graph::run_reference(network, frames);
        for (const Way& way : all_ways) {
            if (way.backend == engine::Backend::onednn && !onednn_runs(network))
                continue;
            auto engine = make_engine(network, way, 4);
            EXPECT_LE(graph::relative_error(expected, logits_of(engine, frames, 3)), kTolerance)
                << to_string(way) << ", seed " << seed;
        }
    }
}

TEST(Parity, SmallNetworksThatTieChannels)
{
    for (const auto& network : graph::all_nets()) {
        const auto frames = graph::noise_frames(network, 3, 1);
        const auto expected = graph::run_reference(network, frames);
        for (const Way& way : native_ways()) {
            auto engine = make_engine(network, way, 2);
            EXPECT_LE(graph::relative_error(expected, logits_of(engine, frames, 2)), kTolerance)
                << to_string(way) << ", " << graph::name_of(network);
        }
    }
}
