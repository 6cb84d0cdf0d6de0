// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/graph/cost.h"
#include "prunedamr/graph/rewrite/edits.h"
#include "prunedamr/graph/rewrite/rewrite.h"
#include "prunedamr/graph/zoo.h"

#include "tests/graph/networks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace prunedamr::graph {
namespace {

struct Row {
    const char* arch;
    int length;
    int classes;
    std::vector<int> units;
    std::int64_t params;
    double paper_mflops;
    double mmacs; // 0: not published
};

double rounded(double value, double digits)
{
    return std::round(value * digits) / digits;
}

// The published counts (arXiv 2406.07929), to their last digit.
TEST(Zoo, CostsOfThePapersNetworksHoldToTheDigit)
{
    const std::vector<Row> rows = {
        { "resnet56", 128, 11, {}, 852'795, 41.923, 41.620 },
        { "resnet110", 128, 11, {}, 1'727'739, 84.686, 84.087 },
        { "resnet56", 128, 11, { 1, 2, 1 }, 93'627, 5.100, 0 },
        { "resnet110", 128, 11, { 1, 1, 2 }, 149'051, 6.280, 0 },
        { "resnet56", 512, 12, { 1, 1, 1 }, 75'132, 15.65, 0 },
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(std::string(row.arch) + " " + std::to_string(row.params));
        const Cost found = cost(make_network(zoo_config(row.arch, row.length, row.classes, row.units)));
        EXPECT_EQ(found.params, row.params);
        EXPECT_DOUBLE_EQ(rounded(found.paper_flops / 1e6, row.length == 512 ? 100 : 1000), row.paper_mflops);
        if (row.mmacs > 0) {
            EXPECT_DOUBLE_EQ(rounded(found.macs / 1e6, 1000), row.mmacs);
        }
    }
}

TEST(Zoo, UnitsFollowTheArchitecture)
{
    const Network resnet = make_network(zoo_config("resnet56", 128, 11));
    ASSERT_EQ(resnet.units.size(), 28u);
    EXPECT_FALSE(resnet.units[0].removable);
    EXPECT_EQ(resnet.units[0].stage, 0);
    for (std::size_t u = 1; u < resnet.units.size(); ++u) {
        EXPECT_EQ(resnet.units[u].stage, static_cast<int>(u - 1) / 9 + 1);
        EXPECT_EQ(resnet.units[u].transition, u == 10 || u == 19);
        EXPECT_TRUE(resnet.units[u].removable);
    }
    EXPECT_EQ(make_network(zoo_config("resnet110", 128, 11)).units.size(), 55u);
    EXPECT_EQ(make_network(zoo_config("amr_s", 128, 11)).units.size(), 12u);
    EXPECT_EQ(make_network(zoo_config("amr_m", 128, 11)).units.size(), 15u);
    const Network vgg = make_network(zoo_config("vgg16", 128, 11));
    ASSERT_EQ(vgg.units.size(), 10u);
    EXPECT_EQ(std::count_if(vgg.units.begin(), vgg.units.end(), [](const Unit& u) { return u.removable; }), 9);
    const Network cnn1d = make_network(zoo_config("cnn1d", 128, 11));
    ASSERT_EQ(cnn1d.units.size(), 6u);
    EXPECT_TRUE(cnn1d.units[0].transition);
}

// By hand: VGG's maps grow by 4 per padded conv, 2 x 128 -> 10 x 136 -> 5 x 68 -> 13 x 76 -> 6 x 38 -> 3 x 19 -> 1
// x 9.
TEST(Zoo, ShapesOfVggAndCnn1d)
{
    const auto vgg = infer_shapes(make_network(zoo_config("vgg16", 128, 11)));
    EXPECT_EQ(vgg.at("stage1.pool"), (Shape{ 64, 5, 68 }));
    EXPECT_EQ(vgg.at("stage2.pool"), (Shape{ 128, 6, 38 }));
    EXPECT_EQ(vgg.at("stage4.pool"), (Shape{ 512, 1, 9 }));
    const auto cnn1d = infer_shapes(make_network(zoo_config("cnn1d", 128, 11)));
    EXPECT_EQ(cnn1d.at("stack6.pool"), (Shape{ 32, 1, 2 }));
    EXPECT_EQ(cnn1d.at("fc1"), (Shape{ 128, 1, 1 }));
}

TEST(Zoo, UnitsThatChangeNoShapeCanBeRemoved)
{
    for (const Architecture& arch : architectures()) {
        const Network network = make_network(zoo_config(arch.name, 64, 3));
        for (const Unit& unit : network.units) {
            SCOPED_TRACE(std::string(arch.name) + " " + unit.name);
            if (!unit.removable || unit.transition)
                EXPECT_ANY_THROW(remove_unit(network, unit.name));
            else
                EXPECT_LT(cost(remove_unit(network, unit.name)).params, cost(network).params);
        }
    }
}

// arXiv 2208.04659 counts every stored value as a parameter, running statistics too (the authors' file of weights
// holds as many), and for its 0.196 M the attention's products beside those of convs and dense layers.
TEST(Zoo, UlcnnHasThePapersSize)
{
    const Network network = make_network(zoo_config("ulcnn", 128, 11));
    const Cost found = cost(network);
    EXPECT_EQ(found.bytes, 4 * 9'751);
    EXPECT_EQ(found.params, 9'287);
    EXPECT_EQ(found.macs, 192'032);
    std::int64_t products = 0;
    for (const NodeCost& node : cost_by_node(network))
        products += network.node(node.node).op == Op::mul ? node.output.count() : 0;
    EXPECT_EQ(found.macs + products, 196'064);
}

TEST(Zoo, OnlyBiasesBeforeANormAreIdle)
{
    const std::set<std::string> idle = redundant_biases(make_network(zoo_config("ulcnn", 128, 11)));
    std::set<std::string> expected = { "stem.conv.bias" }; // through the sum of complex parts
    for (int stage = 1; stage <= 6; ++stage)
        expected.insert("stage" + std::to_string(stage) + ".unit1.pointwise.bias");
    EXPECT_EQ(idle, expected);
    EXPECT_TRUE(redundant_biases(make_network(zoo_config("resnet56", 128, 11))).empty());
    EXPECT_TRUE(redundant_biases(make_network(zoo_config("dense", 128, 11))).empty());
}

TEST(Zoo, SeparableNetworksKeepTheirPromises)
{
    const Cost xs = cost(make_network(zoo_config("amr_xs", 128, 11)));
    EXPECT_LE(xs.bytes, 4 * 10'000); // counted as ULCNN counts
    EXPECT_LE(xs.macs, 200'000);
    EXPECT_LE(cost(make_network(zoo_config("amr_ds_m", 128, 11))).bytes, 4 * 100'000);
    const Cost lk = cost(make_network(zoo_config("amr_lk", 128, 11)));
    EXPECT_LE(lk.bytes, 4 * 100'000);
    EXPECT_LE(lk.macs, 5'000'000);
}

TEST(Zoo, DenseIsOfUniformWidth)
{
    const Network network = make_network(zoo_config("dense", 128, 11));
    EXPECT_EQ(cost(network).params, 256 * 512 + 512 + 3 * (512 * 512 + 512) + 512 * 11 + 11);
    EXPECT_EQ(make_network(zoo_config("dense", 128, 11, { 7 })).units.size(), 7u);
}

TEST(Zoo, EveryArchitectureIsValidAtShortOddAndLongFrames)
{
    for (const Architecture& arch : architectures())
        for (const int length : { 16, 17, 127, 1024 }) {
            SCOPED_TRACE(std::string(arch.name) + " at " + std::to_string(length));
            const std::vector<int> units =
                std::string(arch.name) == "dense" ? std::vector<int>{ 1 } : std::vector<int>{};
            const Network network = make_network(zoo_config(arch.name, length, 2, units));
            EXPECT_EQ(network.length, length);
            EXPECT_NE(std::string(arch.description), "");
        }
}

TEST(Zoo, SameSeedSameWeights)
{
    ZooConfig config = zoo_config("amr_s", 64, 3);
    const Network first = make_network(config), again = make_network(config);
    config.seed = 2;
    const Network other = make_network(config);
    const std::string name = "stage1.unit1.conv1.weight";
    EXPECT_EQ(first.tensor(name).data, again.tensor(name).data);
    EXPECT_NE(first.tensor(name).data, other.tensor(name).data);
    EXPECT_NE(first.tensor(name).data, first.tensor("stage1.unit1.conv2.weight").data);
}

TEST(Zoo, RefusesWhatItCannotMake)
{
    EXPECT_ERROR(make_network(zoo_config("resnet57", 128, 11)), "unknown architecture: found 'resnet57'");
    EXPECT_ERROR(make_network(zoo_config("amr_s", 128, 1)), "too few classes");
    EXPECT_ERROR(make_network(zoo_config("amr_s", 15, 4)), "frame_length: found 15");
    EXPECT_ERROR(make_network(zoo_config("resnet56", 128, 11, { 1, 1 })), "wrong number of stages");
    EXPECT_ERROR(make_network(zoo_config("resnet56", 128, 11, { 1, 0, 1 })), "stage 2: bad number of units");
}

} // namespace
} // namespace prunedamr::graph
