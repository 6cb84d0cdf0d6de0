// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/engine.h"

#include "prunedamr/graph/quantize.h"
#include "prunedamr/graph/reference.h"
#include "prunedamr/graph/zoo.h"
#include "prunedamr/nn/graph_module.h"
#include "prunedamr/nn/operations.h"
#include "tests/graph/networks.h"
#include "tests/graph/quantized_networks.h"
#include "tests/nn/test_networks.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

using namespace prunedamr;

/// A network gives the same logits in training's evaluation mode and in the receiver.
TEST(EngineParity, LogitsAreThoseOfTheModule)
{
    for (const graph::Architecture& architecture : graph::architectures()) {
        graph::ZooConfig config;
        config.arch = architecture.name;
        config.length = 32;
        config.classes = 3;
        const graph::Network network = graph::make_network(config);
        nn::GraphModule module(network);
        module.eval();
        const at::NoGradGuard no_grad;
        engine::Engine engine(network);
        for (const int batch : { 1, 2, 7, 64 }) {
            const std::vector<float> frames = test::random_frames(batch, network.length);
            const at::Tensor expected =
                module.forward(at::tensor(frames).reshape({ batch, 2, -1 })).contiguous();
            std::vector<float> logits(static_cast<std::size_t>(batch * network.classes()));
            engine.run(frames.data(), batch, logits.data());
            const float* values = expected.data_ptr<float>();
            EXPECT_LT(graph::relative_error({ values, values + expected.numel() }, logits), 1e-4)
                << architecture.name << ", batch " << batch;
        }
    }
}

/// Eight bits in training are those of the reference, but for values that fall between two steps.
TEST(EngineParity, EightBitsAreThoseOfTheReference)
{
    for (const graph::Network& plain : graph::all_nets()) {
        const graph::Network network = graph::quantized(plain, 3);
        ASSERT_FALSE(network.quantized.empty());
        nn::GraphModule module(network);
        module.eval();
        const at::NoGradGuard no_grad;
        for (int i = 0; i < 5; ++i) {
            const std::vector<float> frame = graph::noise_frames(network, 1, 20 + static_cast<std::uint64_t>(i));
            const at::Tensor found = module.forward(at::tensor(frame).reshape({ 1, 2, -1 })).contiguous();
            const float* values = found.data_ptr<float>();
            EXPECT_LT(
                graph::relative_error(graph::run_reference(network, frame), { values, values + found.numel() }),
                0.02)
                << graph::name_of(network);
        }
    }
}

TEST(WholeNumbers, WeightsAreThoseOfTheGraph)
{
    at::manual_seed(1);
    at::Tensor weight = at::randn({ 5, 3, 1, 7 });
    weight[2].zero_();
    const auto flat = weight.contiguous();
    const std::vector<float> values(flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel());
    const graph::QuantizedWeight expected = graph::quantize_weight(values, 5);
    const at::Tensor found = nn::fake_quantize_weight(weight).contiguous();
    for (std::size_t i = 0; i < values.size(); ++i)
        EXPECT_FLOAT_EQ(found.data_ptr<float>()[i],
                        expected.scales[i / 21] * static_cast<float>(expected.values[i]));
}

TEST(WholeNumbers, GradientsPassUnlessAValueIsClipped)
{
    const graph::QuantParams form{ 0.1F, 10 }; // -1 .. 24.5
    const at::Tensor x = at::tensor({ -3.0F, -0.94F, 0.0F, 0.26F, 24.0F, 30.0F }).requires_grad_();
    const at::Tensor y = nn::fake_quantize(x, form);
    y.sum().backward();
    const float expected[] = { -1.0F, -0.9F, 0.0F, 0.3F, 24.0F, 24.5F }, gradient[] = { 0, 1, 1, 1, 1, 0 };
    for (int i = 0; i < 6; ++i) {
        EXPECT_FLOAT_EQ(y[i].item<float>(), expected[i]);
        EXPECT_EQ(x.grad()[i].item<float>(), gradient[i]);
        EXPECT_EQ(y[i].item<float>(), graph::dequantize(graph::quantize(x[i].item<float>(), form), form));
    }
}
