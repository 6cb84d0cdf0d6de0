// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/engine.h"

#include "nn/test_networks.h"
#include "prunedamr/graph/reference.h"
#include "prunedamr/graph/zoo.h"
#include "prunedamr/nn/graph_module.h"

#include <gtest/gtest.h>

using namespace prunedamr;

/// A network gives the same logits in training's evaluation mode and in the receiver.
TEST(EngineParity, LogitsAreThoseOfTheModule)
{
    for (const graph::Architecture& architecture : graph::architectures()) {
        graph::ZooConfig config;
        config.arch = architecture.name;
        config.front_end.frame_length = 32;
        config.labels = { "BPSK", "QPSK", "8PSK" };
        const graph::Network network = graph::make_network(config);
        nn::GraphModule module(network);
        module.eval();
        const torch::NoGradGuard no_grad;
        engine::Engine engine(network);
        for (const int batch : { 1, 2, 7, 64 }) {
            const std::vector<float> frames = test::random_frames(batch, network.length());
            const torch::Tensor expected =
                module.forward(torch::tensor(frames).reshape({ batch, 2, -1 })).contiguous();
            std::vector<float> logits(static_cast<std::size_t>(batch * network.classes()));
            engine.run(frames.data(), batch, logits.data());
            const float* values = expected.data_ptr<float>();
            EXPECT_LT(graph::relative_error({ values, values + expected.numel() }, logits), 1e-4)
                << architecture.name << ", batch " << batch;
        }
    }
}
