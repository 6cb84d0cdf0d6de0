// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/nn/graph_module.h"

#include "prunedamr/graph/rewrite/rewrite.h"
#include "prunedamr/graph/zoo.h"
#include "tests/nn/test_networks.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

using namespace prunedamr;
using graph::Op;

namespace {

/// What training computes of a batch.
struct Pass {
    at::Tensor logits;
    std::map<std::string, at::Tensor> gradients, statistics;
};

Pass pass_of(nn::GraphModule& module, const at::Tensor& frames, bool training)
{
    module.train(training);
    at::manual_seed(7);
    Pass pass;
    pass.logits = module.forward(frames);
    const at::Tensor labels = at::arange(frames.size(0)) % pass.logits.size(1);
    at::cross_entropy_loss(pass.logits, labels).backward();
    for (const auto& [name, tensor] : module.tensors())
        (tensor.requires_grad() ? pass.gradients : pass.statistics)[name] =
            (tensor.requires_grad() ? tensor.grad() : tensor).to(at::kDouble);
    return pass;
}

double distance(const at::Tensor& a, const at::Tensor& b)
{
    return (a.to(at::kDouble) - b.to(at::kDouble)).norm().item<double>();
}

double length_of(const at::Tensor& a)
{
    return a.to(at::kDouble).norm().item<double>();
}

/// This project's kernels against LibTorch in float64.
void expect_same_pass(const graph::Network& network, int count, bool training)
{
    SCOPED_TRACE(std::to_string(count) + (training ? " frames, training" : " frames, evaluation"));
    const at::Tensor frames =
        at::tensor(test::random_frames(count, network.length)).reshape({ -1, 2, network.length });
    nn::GraphModule native(network), exact(network);
    exact.to(at::kCPU, at::kDouble);
    ASSERT_TRUE(native.runs_native(frames));
    const Pass found = pass_of(native, frames, training);
    const Pass expected = pass_of(exact, frames.to(at::kDouble), training);
    EXPECT_LT(distance(found.logits, expected.logits), 1e-5 * length_of(expected.logits));
    for (const auto& [name, statistic] : expected.statistics)
        EXPECT_LT(distance(found.statistics.at(name), statistic), 1e-5 * (1.0 + length_of(statistic))) << name;
    double largest = 0.0;
    for (const auto& [name, gradient] : expected.gradients)
        largest = std::max(largest, length_of(gradient));
    // Of many values one is so close to 0 that rounding decides whether relu lets its gradient pass.
    const double tolerance = count > 10 ? 5e-3 : 1e-4;
    for (const auto& [name, gradient] : expected.gradients) // a bias before a norm has none
        EXPECT_LT(distance(found.gradients.at(name), gradient), tolerance * length_of(gradient) + 1e-6 * largest)
            << name;
}

void expect_same_passes(const graph::Network& network)
{
    for (const int count : { 2, 7, 33 })
        expect_same_pass(network, count, true);
    expect_same_pass(network, 1, false);
    expect_same_pass(network, 5, false);
}

graph::Node with_window(graph::Node node, graph::ConvGeometry window)
{
    node.window = window;
    return node;
}

graph::Node with_groups(graph::Node node, int groups)
{
    node.groups = groups;
    return node;
}

/// Odd numbers of channels, even kernels, strides, values that several nodes read, everything that native passes
/// know and the zoo does not have together.
graph::Network odd_network()
{
    graph::Node dropout = test::make_node("dropout", Op::dropout, { "linear1" });
    dropout.dropout = 0.3;
    return test::make_network_of({ test::make_node("input", Op::input, {}),
                                   test::make_conv("stem", "input", 6, { 1, 7, 1, 2, 0, 3 }, 1, true),
                                   test::make_node("bn1", Op::complex_norm, { "stem" }),
                                   with_groups(test::make_node("mixed", Op::position_shuffle, { "bn1" }), 3),
                                   test::make_conv("even", "mixed", 6, { 1, 4, 1, 3, 0, 1 }, 6),
                                   test::make_conv("odd", "mixed", 6, { 1, 9, 1, 3, 0, 4 }, 6),
                                   test::make_conv("wide", "odd", 19, { 1, 3, 1, 1, 0, 1 }),
                                   test::make_node("bn2", Op::batch_norm, { "wide" }),
                                   test::make_node("relu2", Op::relu, { "bn2" }),
                                   with_window(test::make_node("pool", Op::max_pool, { "relu2" }), { 1, 3, 1, 2 }),
                                   test::make_node("mean", Op::global_avg_pool, { "relu2" }),
                                   test::make_node("gate", Op::sigmoid, { "mean" }),
                                   test::make_node("gated", Op::mul, { "gate", "pool" }),
                                   test::make_node("sum", Op::add, { "gated", "pool", "gated" }),
                                   test::make_node("sum_relu", Op::relu, { "sum" }),
                                   test::make_node("both", Op::concat_width, { "sum_relu", "relu2" }),
                                   test::make_node("bn3", Op::batch_norm, { "both" }),
                                   test::make_node("both_mean", Op::global_avg_pool, { "bn3" }),
                                   test::make_node("even_mean", Op::global_avg_pool, { "even" }),
                                   test::make_node("means", Op::concat, { "both_mean", "even_mean", "mean" }),
                                   test::make_node("flat", Op::flatten, { "means" }),
                                   test::make_linear("linear1", "flat", 21),
                                   dropout,
                                   test::make_node("relu", Op::relu, { "dropout" }),
                                   test::make_linear("fc", "relu", 4) },
                                 65);
}

/// LibTorch's threads while it exists.
class Threads
{
public:
    explicit Threads(int threads) : before_(at::get_num_threads()) { at::set_num_threads(threads); }
    ~Threads() { at::set_num_threads(before_); }

private:
    int before_;
};

} // namespace

TEST(NativePasses, GiveTheZoosLogitsGradientsAndStatistics)
{
    const Threads threads(1);
    for (const char* arch : { "ulcnn", "amr_xs", "amr_ds_s", "amr_s", "amr_lk" }) {
        SCOPED_TRACE(arch);
        graph::ZooConfig config;
        config.arch = arch;
        config.length = 64;
        config.classes = 3;
        expect_same_passes(graph::make_network(config));
    }
}

TEST(NativePasses, GiveThoseOfNetworksThatNobodyWouldBuild)
{
    for (const int count : { 1, 3 }) {
        const Threads threads(count);
        expect_same_passes(odd_network());
        expect_same_passes(test::tiny_complex_network(16, 3));
    }
}

TEST(NativePasses, ShareLargeBatchesAmongThreads)
{
    const Threads threads(2);
    graph::ZooConfig config;
    config.arch = "ulcnn";
    config.length = 128;
    config.classes = 11;
    expect_same_pass(graph::make_network(config), 128, true);
}

TEST(NativePasses, KeepTheActivationsOfEveryGraphThatIsAlive)
{
    const graph::Network network = odd_network();
    nn::GraphModule module(network);
    const at::Tensor frames = at::tensor(test::random_frames(8, network.length)).reshape({ 8, 2, -1 });
    const auto gradient = [&](const at::Tensor& logits) {
        return nn::gradients(logits.square().sum(), { module.tensors().at("stem.weight") }).front();
    };
    module.eval(); // which moves nothing
    const at::Tensor first = module.forward(frames.slice(0, 0, 4)), second = module.forward(frames.slice(0, 4));
    const at::Tensor of_second = gradient(second), of_first = gradient(first);
    EXPECT_TRUE(at::equal(of_first, gradient(module.forward(frames.slice(0, 0, 4)))));
    EXPECT_TRUE(at::equal(of_second, gradient(module.forward(frames.slice(0, 4)))));
    EXPECT_FALSE(at::equal(of_first, of_second));
}

TEST(NativePasses, LeaveToLibTorchWhatTheyDoNotKnow)
{
    const auto native = [](const graph::Network& network) {
        return nn::GraphModule(network).runs_native(at::zeros({ 2, 2, network.length }));
    };
    EXPECT_TRUE(native(odd_network()));
    EXPECT_FALSE(native(test::every_operation_network()));
    graph::Network quantized = graph::fold_batch_norm(test::tiny_network());
    EXPECT_TRUE(native(quantized));
    quantized.quantized["relu"] = {};
    EXPECT_FALSE(native(quantized));
    nn::GraphModule module(odd_network());
    EXPECT_FALSE(module.runs_native(at::zeros({ 2, 2, 65 }).set_requires_grad(true)));
    EXPECT_FALSE(module.runs_native(at::zeros({ 2, 2, 65 }, at::kDouble)));
    module.use_native(false);
    EXPECT_FALSE(module.runs_native(at::zeros({ 2, 2, 65 })));
}
