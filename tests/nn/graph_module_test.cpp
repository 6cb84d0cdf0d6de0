// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/nn/graph_module.h"

#include "tests/support/expect_error.h"
#include "tests/nn/test_networks.h"
#include "prunedamr/graph/network_json.h"
#include "prunedamr/graph/reference.h"
#include "prunedamr/graph/zoo.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

using namespace prunedamr;

namespace {

at::Tensor tensor_of(const std::vector<float>& frames, std::int64_t length)
{
    return at::tensor(frames).reshape({ -1, 2, length });
}

std::vector<float> logits_of(nn::GraphModule& module, const std::vector<float>& frames)
{
    const at::NoGradGuard no_grad;
    const at::Tensor logits = module.forward(tensor_of(frames, module.network().length)).contiguous();
    return { logits.data_ptr<float>(), logits.data_ptr<float>() + logits.numel() };
}

graph::Network zoo_network(const std::string& arch, int length)
{
    graph::ZooConfig config;
    config.arch = arch;
    config.length = length;
    config.classes = 3;
    return graph::make_network(config);
}

/// Loss of the module's logits for labels 0, 1, 2, ...; training mode, float64.
double loss_of(nn::GraphModule& module, const at::Tensor& frames)
{
    const at::NoGradGuard no_grad;
    const auto labels = at::arange(frames.size(0)) % module.network().classes();
    return at::cross_entropy_loss(module.forward(frames), labels).item<double>();
}

void expect_gradients_of_finite_differences(const graph::Network& network)
{
    nn::GraphModule module(network);
    module.to(at::kCPU, at::kDouble);
    module.train();
    const at::Tensor frames = tensor_of(test::random_frames(6, 16), 16).to(at::kDouble);
    const auto labels = at::arange(6) % 3;
    at::cross_entropy_loss(module.forward(frames), labels).backward();
    const double step = 1e-6;
    for (const auto& [name, parameter] : module.tensors()) {
        if (!parameter.requires_grad())
            continue;
        at::Tensor flat = parameter.detach();
        ASSERT_TRUE(parameter.grad().defined()) << name;
        const at::Tensor gradient = parameter.grad().contiguous().flatten();
        for (std::int64_t i = 0; i < std::min<std::int64_t>(flat.numel(), 20); ++i) {
            const at::Tensor change = at::zeros(flat.numel(), at::kDouble);
            change[i] = step;
            flat.add_(change.reshape(flat.sizes()));
            const double above = loss_of(module, frames);
            flat.sub_(change.reshape(flat.sizes()), 2);
            const double below = loss_of(module, frames);
            flat.add_(change.reshape(flat.sizes()));
            EXPECT_NEAR(gradient[i].item<double>(), (above - below) / (2 * step), 1e-7) << name;
        }
    }
}

} // namespace

TEST(GraphModule, MatchesReferenceOnEveryOperation)
{
    const graph::Network network = test::every_operation_network();
    nn::GraphModule module(network);
    module.eval();
    for (const int frames : { 1, 2, 7 }) {
        const auto input = test::random_frames(frames, network.length);
        EXPECT_LT(graph::relative_error(graph::run_reference(network, input), logits_of(module, input)), 1e-4);
    }
}

TEST(GraphModule, MatchesReferenceOnTheZoo)
{
    for (const graph::Architecture& architecture : graph::architectures()) {
        const graph::Network network = zoo_network(architecture.name, 64);
        nn::GraphModule module(network);
        module.eval();
        const auto input = test::random_frames(2, network.length);
        EXPECT_LT(graph::relative_error(graph::run_reference(network, input), logits_of(module, input)), 1e-4)
            << architecture.name;
    }
}

TEST(GraphModule, GivesEveryNodeOutputAsTheReferenceDoes)
{
    const graph::Network network = test::every_operation_network();
    nn::GraphModule module(network);
    module.eval();
    const auto frame = test::random_frames(1, network.length);
    std::vector<std::string> names;
    for (const graph::Node& node : network.nodes)
        names.push_back(node.name);
    std::map<std::string, at::Tensor> outputs;
    module.forward(tensor_of(frame, network.length), names, outputs);
    const auto shapes = graph::infer_shapes(network);
    for (const auto& [name, expected] : graph::run_reference_nodes(network, frame)) {
        const at::Tensor output = outputs.at(name).detach().contiguous();
        const graph::Shape& shape = shapes.at(name);
        EXPECT_EQ(output.sizes().vec(), (std::vector<std::int64_t>{ 1, shape.channels, shape.height, shape.width }))
            << name;
        const float* values = output.data_ptr<float>();
        EXPECT_LT(graph::relative_error(expected, { values, values + output.numel() }), 1e-4) << name;
    }
}

TEST(GraphModule, GradientsAreThoseOfFiniteDifferences)
{
    expect_gradients_of_finite_differences(test::tiny_network(16, 3));
    expect_gradients_of_finite_differences(test::tiny_complex_network(16, 3));
}

TEST(GraphModule, ComplexNormWhitensTheBatchAndFollowsItsCovariance)
{
    const graph::Network network = test::tiny_complex_network(16, 2);
    auto tensors = network.tensors;
    tensors["bn.weight"].data = { 1, 1, 0, 1, 1, 0, 1, 1, 0 };
    tensors["bn.bias"].data.assign(6, 0.0F);
    nn::GraphModule module(network);
    module.load(tensors);
    module.train();
    std::map<std::string, at::Tensor> outputs;
    module.forward(tensor_of(test::random_frames(5, 16), 16), { "sum", "bn" }, outputs);
    const graph::Network after = module.to_network();
    for (std::int64_t pair = 0; pair < 3; ++pair) {
        const auto rows = [&](const char* node) {
            return outputs.at(node)
                .detach()
                .to(at::kDouble)
                .transpose(0, 1)
                .flatten(1)
                .slice(0, 2 * pair, 2 * pair + 2);
        };
        EXPECT_TRUE(
            at::allclose(at::cov(rows("bn"), /*correction=*/0), at::eye(2, at::kDouble), 1e-3, 1e-4));
        const at::Tensor cov = at::cov(rows("sum")); // unbiased
        const double expected[] = { cov[0][0].item<double>(), cov[1][1].item<double>(), cov[0][1].item<double>() };
        for (std::size_t part = 0; part < 3; ++part) {
            const auto at = static_cast<std::size_t>(3 * pair) + part;
            EXPECT_NEAR(after.tensor("bn.running_var").data[at],
                        0.9 * network.tensor("bn.running_var").data[at] + 0.1 * expected[part], 1e-4);
        }
    }
}

TEST(GraphModule, DetachStopsTheGradient)
{
    using graph::Op;
    const graph::Network network = test::make_network_of(
        { test::make_node("input", Op::input, {}), test::make_conv("before", "input", 4, { 1, 3, 1, 1, 0, 1 }),
          test::make_node("detach", Op::detach, { "before" }),
          test::make_conv("after", "detach", 4, { 1, 3, 1, 1, 0, 1 }),
          test::make_node("pool", Op::global_avg_pool, { "after" }), test::make_linear("fc", "pool", 2) },
        16);
    nn::GraphModule module(network);
    module.forward(tensor_of(test::random_frames(2, 16), 16)).square().sum().backward();
    EXPECT_FALSE(module.tensors().at("before.weight").grad().defined());
    EXPECT_GT(module.tensors().at("after.weight").grad().abs().sum().item<float>(), 0.0f);
}

TEST(GraphModule, TrainingUpdatesStatisticsWithMomentumAndUnbiasedVariance)
{
    const graph::Network network = test::tiny_network(16, 2);
    nn::GraphModule module(network);
    module.train();
    std::map<std::string, at::Tensor> outputs;
    module.forward(tensor_of(test::random_frames(5, 16), 16), { "conv" }, outputs);
    const at::Tensor x = outputs.at("conv").detach().to(at::kDouble).transpose(0, 1).flatten(1);
    const graph::Network after = module.to_network();
    for (std::int64_t c = 0; c < x.size(0); ++c) {
        const at::Tensor values = x[c].contiguous();
        double mean = 0.0, variance = 0.0;
        const auto n = static_cast<double>(values.numel());
        for (std::int64_t i = 0; i < values.numel(); ++i)
            mean += values.data_ptr<double>()[i] / n;
        for (std::int64_t i = 0; i < values.numel(); ++i)
            variance += std::pow(values.data_ptr<double>()[i] - mean, 2) / (n - 1);
        const auto at = static_cast<std::size_t>(c);
        EXPECT_NEAR(after.tensor("bn.running_mean").data[at],
                    0.9 * network.tensor("bn.running_mean").data[at] + 0.1 * mean, 1e-5);
        EXPECT_NEAR(after.tensor("bn.running_var").data[at],
                    0.9 * network.tensor("bn.running_var").data[at] + 0.1 * variance, 1e-4);
    }
}

TEST(GraphModule, EvaluationModeChangesNothingAndRoundTripIsExact)
{
    const graph::Network network = test::every_operation_network();
    nn::GraphModule module(network);
    module.eval();
    logits_of(module, test::random_frames(3, network.length));
    const graph::Network back = module.to_network();
    EXPECT_EQ(graph::to_json(back), graph::to_json(network));
    ASSERT_EQ(back.tensors.size(), network.tensors.size());
    for (const auto& [name, tensor] : network.tensors) {
        EXPECT_EQ(back.tensor(name).shape, tensor.shape) << name;
        EXPECT_EQ(back.tensor(name).data, tensor.data) << name;
    }
}

TEST(GraphModule, LoadTakesOtherWeightsAndRefusesOtherShapes)
{
    nn::GraphModule module(test::tiny_network(16, 2));
    auto tensors = module.to_network().tensors;
    tensors["conv.weight"].data[0] = 7.0f;
    module.load(tensors);
    EXPECT_EQ(module.to_network().tensors["conv.weight"].data, tensors["conv.weight"].data);
    tensors["fc.weight"].shape = { 8, 2 };
    test::expect_error([&] { module.load(tensors); }, "fc.weight");
    tensors.erase("fc.weight");
    test::expect_error([&] { module.load(tensors); }, "fc.weight: missing tensor");
}

TEST(GraphModule, DropoutZeroesAndScalesOnlyInTraining)
{
    nn::GraphModule module(test::every_operation_network());
    module.train();
    at::manual_seed(1);
    std::map<std::string, at::Tensor> outputs;
    module.forward(tensor_of(test::random_frames(64, 17), 17), { "flatten", "dropout" }, outputs);
    const at::Tensor kept = outputs.at("dropout").ne(0);
    EXPECT_NEAR(kept.logical_or(outputs.at("flatten").eq(0)).to(at::kFloat).mean().item<double>(), 0.6, 0.1);
    EXPECT_TRUE(at::allclose(outputs.at("dropout"), outputs.at("flatten") * 2 * kept));
}

TEST(GraphModule, RefusesWrongFramesAndUnknownNodes)
{
    nn::GraphModule module(test::tiny_network(16, 2));
    test::expect_error(
        [&] {
            module.forward(at::zeros({ 4, 2, 17 }));
        },
        "found [4, 2, 17], expected [batch, 2, 16]");
    std::map<std::string, at::Tensor> outputs;
    test::expect_error([&] { module.forward(at::zeros({ 4, 2, 16 }), { "nowhere" }, outputs); }, "nowhere");
}

TEST(Device, KnowsCpuAndRefusesTheRest)
{
    EXPECT_TRUE(nn::device_from_name("cpu").is_cpu());
    test::expect_error([] { nn::device_from_name("tpu"); }, "expected cpu, cuda or cuda:N");
    test::expect_error([] { nn::device_from_name("cuda:x"); }, "cuda:x");
    if (!at::hasCUDA())
        test::expect_error([] { nn::device_from_name("cuda"); }, "no CUDA device");
}
