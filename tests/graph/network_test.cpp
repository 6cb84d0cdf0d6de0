// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/network.h"

#include "prunedamr/graph/cost.h"
#include "prunedamr/graph/network_json.h"

#include "tests/graph/networks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace prunedamr::graph {
namespace {

void expect_invalid(const std::function<void(Network&)>& spoil, const std::string& message)
{
    Network network = tiny_net();
    spoil(network);
    EXPECT_ERROR(validate(network), message);
}

Node& node_of(Network& network, const std::string& name)
{
    return *std::find_if(network.nodes.begin(), network.nodes.end(), [&](const Node& n) { return n.name == name; });
}

TEST(Shapes, FollowTheArithmeticOfConvolution)
{
    // Closed form: floor((in + 2 pad - kernel) / stride) + 1.
    for (const int length : { 16, 17, 31, 128, 1021 })
        for (const int kernel : { 1, 2, 5 })
            for (const int stride : { 1, 2, 3 })
                for (const int pad : { 0, 1, 4 }) {
                    Network network = tiny_net();
                    network.length = length;
                    node_of(network, "u.c").window = { 1, kernel, 1, stride, 0, pad };
                    const Shape expected = { 3, 1, (length + 2 * pad - kernel) / stride + 1 };
                    EXPECT_EQ(infer_shapes(network).at("u.c"), expected) << to_string(expected);
                }
}

TEST(Shapes, OfTheSmallNetworks)
{
    const auto concat = infer_shapes(concat_net());
    EXPECT_EQ(concat.at("image"), (Shape{ 1, 2, 21 }));
    EXPECT_EQ(concat.at("concat"), (Shape{ 9, 2, 21 }));
    EXPECT_EQ(concat.at("max_pool"), (Shape{ 9, 1, 11 }));
    EXPECT_EQ(concat.at("merge"), (Shape{ 6, 1, 5 }));
    const auto shuffle = infer_shapes(shuffle_net());
    EXPECT_EQ(shuffle.at("avg_pool"), (Shape{ 8, 1, 11 }));
    EXPECT_EQ(shuffle.at("flatten"), (Shape{ 25, 1, 1 }));
    EXPECT_EQ(to_string(shuffle.at("mix")), "[5, 1, 5]");
}

TEST(Validate, NamesTheNodeThatDoesNotFit)
{
    expect_invalid(
        [](Network& n) {
            node_of(n, "u.c").name = "a b";
            n.nodes[2].inputs = { "a b" };
        },
        "node 'a b': bad name");
    expect_invalid([](Network& n) { n.nodes.push_back(n.nodes[3]); }, "node 'fc': output is read by no node");
    expect_invalid([](Network& n) { std::swap(n.nodes[1], n.nodes[2]); },
                   "node 'u.b': batch_norm: input is not an");
    expect_invalid([](Network& n) { n.nodes[0].op = Op::relu; }, "node 'in': the first node, and only the first");
    expect_invalid([](Network& n) { n.nodes[3].op = Op::mul; }, "node 'u.r': mul: wrong number of inputs: found 1");
    expect_invalid([](Network& n) { n.nodes[3].op = Op::add; }, "expected 2..64");
    expect_invalid([](Network& n) { node_of(n, "u.c").window.kernel_w = 19; },
                   "node 'u.c': conv: window is larger");
    expect_invalid([](Network& n) { node_of(n, "u.b").epsilon = 0.0; }, "node 'u.b': bad epsilon");
    expect_invalid([](Network& n) { node_of(n, "fc").out_channels = 1; },
                   "node 'fc': too few classes: found 1, expected at least 2");
    expect_invalid([](Network& n) { n.nodes.resize(4); }, "node 'u.r': logits are not flat: found [3, 1, 8]");
    expect_invalid([](Network& n) { node_of(n, "p").op = Op::relu; }, "node 'fc': linear: input is not flat");
    expect_invalid([](Network& n) { n.nodes.clear(); }, "network: bad number of nodes: found 0");
}

TEST(Validate, NamesTheComplexNodeThatDoesNotFit)
{
    const auto expect = [](const std::function<void(Network&)>& spoil, const std::string& message) {
        Network network = complex_net();
        spoil(network);
        EXPECT_ERROR(validate(network), message);
    };
    expect([](Network& n) { node_of(n, "stem").out_channels = 5; },
           "node 'sum': complex_sum: input is not real and imaginary parts over rows I and Q: found [5, 2, 21]");
    expect(
        [](Network& n) {
            node_of(n, "stem").out_channels = 5;
            node_of(n, "sum").op = Op::relu;
        },
        "node 'norm': complex_norm: channels do not come in pairs: found [5, 2, 21], expected [2C, H, W]");
    expect([](Network& n) { node_of(n, "shuffle").groups = 3; },
           "node 'shuffle': position_shuffle: groups do not divide the width: found 3, expected a divisor of 20");
    expect([](Network& n) { node_of(n, "both").inputs.push_back("norm"); },
           "node 'both': concat_width: inputs do not fit: found [6, 1, 21], expected [7, 1, *]");
    expect([](Network& n) { node_of(n, "norm").epsilon = 0.0; }, "node 'norm': bad epsilon");
    expect([](Network& n) { n.tensors.at("norm.running_var").data[2] = 9.0F; },
           "node 'norm': running covariance of a pair is not one");
    expect([](Network& n) { n.tensors.at("norm.weight").shape = { 6 }; },
           "tensor 'norm.weight' has the wrong shape");
}

TEST(Validate, NamesTheTensorThatDoesNotFit)
{
    expect_invalid([](Network& n) { n.tensors.erase("u.c.weight"); }, "node 'u.c': missing tensor 'u.c.weight'");
    expect_invalid([](Network& n) { n.tensors["x"] = {}; }, "tensor 'x': stray tensor");
    expect_invalid([](Network& n) { n.tensors["u.c.bias"] = { { 3 }, { 1, 2, 3 } }; }, "tensor 'u.c.bias': stray");
    expect_invalid([](Network& n) { n.tensors["fc.bias"].data.pop_back(); },
                   "node 'fc': tensor 'fc.bias' has the wrong shape: found [2] (1 values), expected [2]");
    expect_invalid([](Network& n) { n.tensors["fc.bias"].data[0] = INFINITY; }, "not finite");
}

TEST(Validate, UnitsAreRunsWithOneInputAndOneOutput)
{
    expect_invalid([](Network& n) { n.units[0].nodes.clear(); }, "unit 'u': a unit needs nodes");
    expect_invalid(
        [](Network& n) {
            n.units[0].nodes = { "u.c", "u.c" };
        },
        "unit 'u': unit's node belongs to another");
    expect_invalid([](Network& n) { n.units.push_back(n.units[0]); }, "unit 'u': bad or repeated unit name");
    expect_invalid([](Network& n) { n.units[0].nodes = { "u.c", "u.b", "u.x" }; }, "unknown node: found 'u.x'");
    expect_invalid(
        [](Network& n) {
            n.units[0].nodes = { "u.c", "u.r" };
        },
        "unit 'u': a unit must read exactly one outside node: found 'in', 'u.b'");
    Network network = residual_net();
    network.units[1].nodes.pop_back();
    EXPECT_NO_THROW(validate(network)); // its add gives the output now
    for (Node& node : network.nodes)
        if (node.name == "stage1.unit2.conv1")
            node.inputs = { "stage1.unit1.bn2" };
    EXPECT_ERROR(validate(network), "unit 'stage1.unit1': an inner node is read from outside: found "
                                    "'stage1.unit1.bn2' read by 'stage1.unit2.conv1'");
}

TEST(Validate, FrameLengthIsBounded)
{
    for (const std::int64_t length : { std::int64_t{ -1 }, std::int64_t{ 15 }, std::int64_t{ 65537 } })
        expect_invalid([&](Network& n) { n.length = length; },
                       "bad frame_length: found " + std::to_string(length) + ", expected 16..65536");
}

TEST(Network, FindsNodesTensorsReadersAndUnitInputs)
{
    const Network network = residual_net();
    EXPECT_EQ(unit_input(network, network.units[0]), "image");
    EXPECT_EQ(unit_input(network, network.units[1]), "stem.relu");
    EXPECT_EQ(consumers(network, "stem.relu"),
              (std::vector<std::string>{ "stage1.unit1.conv1", "stage1.unit1.add" }));
    EXPECT_TRUE(consumers(network, "fc").empty());
    EXPECT_ERROR(network.node("x"), "node 'x': no such node");
    EXPECT_ERROR(network.tensor("x"), "tensor 'x': no such tensor");
}

TEST(Network, JsonComesBack)
{
    for (const Network& network : all_nets()) {
        const auto json = to_json(network), copy = nlohmann::json::parse(json.dump());
        JsonObject fields(copy, "test");
        const Network back = network_from_json(fields, network.length, "test");
        EXPECT_NO_THROW(fields.finish());
        EXPECT_EQ(to_json(back), json) << name_of(network);
        EXPECT_EQ(back.length, network.length);
    }
    EXPECT_ERROR(JsonObject(nlohmann::json(3), "here"), "here: not a JSON object");
}

TEST(Initialize, KaimingNormalInTheNamedNodesOnly)
{
    Network network = make_network(zoo_config("resnet56", 128, 11));
    randomize(network, 9);
    const Network before = network;
    initialize(network, 12, { "stage3.unit2.conv1", "stage3.unit2.bn1" });
    for (const auto& [name, tensor] : network.tensors) {
        const bool named = name.rfind("stage3.unit2.conv1.", 0) == 0 || name.rfind("stage3.unit2.bn1.", 0) == 0;
        EXPECT_EQ(tensor.data != before.tensor(name).data, named) << name;
    }
    const auto& weight = network.tensor("stage3.unit2.conv1.weight").data; // fan in 64 * 9
    double sum = 0.0, squares = 0.0;
    for (const float w : weight) {
        sum += w;
        squares += static_cast<double>(w) * w;
    }
    const double count = static_cast<double>(weight.size()), variance = 2.0 / (64 * 9);
    EXPECT_NEAR(sum / count, 0.0, 4 * std::sqrt(variance / count));
    EXPECT_NEAR(squares / count, variance, 4 * variance * std::sqrt(2 / count));
    EXPECT_ERROR(initialize(network, 1, { "nobody" }), "node 'nobody': no such node");
}

TEST(Cost, OfATinyNetworkCountedByHand)
{
    // conv 2 -> 3, 3 taps, 8 positions; norm of 3; linear 3 -> 2 with bias.
    const Cost found = cost(tiny_net());
    EXPECT_EQ(found.params, 18 + 6 + 8);
    EXPECT_EQ(found.macs, 18 * 8 + 6);
    EXPECT_EQ(found.paper_flops, found.macs + 2 * 24);
    EXPECT_EQ(found.bytes, 4 * (18 + 12 + 8));
    EXPECT_EQ(found.peak_activation_bytes, 4 * (32 + 24)); // input and conv
    const auto nodes = cost_by_node(tiny_net());
    ASSERT_EQ(nodes.size(), 6u);
    EXPECT_EQ(nodes[2].node, "u.b");
    EXPECT_EQ(nodes[2].cost.params, 6);
    EXPECT_EQ(to_json(found).at("params"), 32);
}

} // namespace
} // namespace prunedamr::graph
