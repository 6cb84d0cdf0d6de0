// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/nn/torchscript.h"

#include "tests/graph/networks.h"
#include "tests/graph/quantized_networks.h"
#include "tests/model/models.h"
#include "tests/support/expect_error.h"
#include "tests/nn/test_networks.h"
#include "prunedamr/engine/engine.h"
#include "prunedamr/graph/reference.h"
#include "prunedamr/graph/zoo.h"
#include "prunedamr/nn/graph_module.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/serialization/import.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace prunedamr;
using test::expect_error;

namespace {

/// Of this process alone: tests run side by side.
std::string scratch(const std::string& name)
{
    const auto folder = std::filesystem::path(testing::TempDir()) / ("prunedamr-test-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    return (folder / name).string();
}

/// Runs a recorded network on batches other than the recorded one.
void expect_same_answers(const graph::Network& network, double tolerance)
{
    const std::string path = scratch("network.pt");
    nn::save_torchscript(network, path);
    torch::jit::Module script = torch::jit::load(path);
    engine::Engine plugin = engine::Engine::torchscript(path, model::model_of(network).info, 7);
    EXPECT_NE(plugin.description().find("LibTorch"), std::string::npos);
    nn::GraphModule module(network);
    module.eval();
    const at::NoGradGuard no_grad;
    for (const int batch : { 1, 7 }) {
        const std::vector<float> frames = test::random_frames(batch, network.length);
        const at::Tensor input = at::tensor(frames).reshape({ batch, 2, -1 });
        const at::Tensor expected = module.forward(input).contiguous();
        const at::Tensor found = script.forward({ input }).toTensor().contiguous();
        EXPECT_EQ(found.sizes(), expected.sizes());
        const std::vector<float> wanted(expected.data_ptr<float>(), expected.data_ptr<float>() + expected.numel());
        EXPECT_LT(
            graph::relative_error(wanted, { found.data_ptr<float>(), found.data_ptr<float>() + found.numel() }),
            tolerance)
            << graph::name_of(network);
        std::vector<float> logits(wanted.size());
        plugin.clone().run(frames.data(), batch, logits.data());
        EXPECT_LT(graph::relative_error(wanted, logits), tolerance) << graph::name_of(network);
    }
    std::filesystem::remove(path);
}

} // namespace

TEST(TorchScript, IsTheNetwork)
{
    expect_same_answers(test::every_operation_network(), 1e-4);
    for (const char* arch : { "amr_s", "amr_xs", "ulcnn" }) {
        graph::ZooConfig config;
        config.arch = arch;
        config.length = 32;
        config.classes = 3;
        expect_same_answers(graph::make_network(config), 1e-4);
    }
}

TEST(TorchScript, KeepsRoundingsToEightBits)
{
    expect_same_answers(graph::quantized(graph::all_nets().front(), 3), 0.02);
}

TEST(TorchScript, RefusesWhatIsNoModuleForSuchFrames)
{
    const graph::Network network = test::tiny_network();
    const std::string path = scratch("tiny.pt");
    nn::save_torchscript(network, path);
    const model::ModelInfo info = model::model_of(network).info;
    model::ModelInfo other = info;
    other.labels.push_back("one more");
    expect_error([&] { engine::Engine::torchscript(path, other, 2); }, "wrong shape");
    expect_error([&] { engine::Engine::torchscript(path, info, 0); }, "1..1024");
    expect_error([&] { engine::Engine::torchscript(scratch("absent.pt"), info, 1); }, "no such file");
    std::ofstream(scratch("text.pt")) << "no module";
    expect_error([&] { engine::Engine::torchscript(scratch("text.pt"), info, 1); }, "TorchScript");
    expect_error([&] { nn::save_torchscript(network, scratch("no/where.pt")); }, "folder");

    torch::jit::Module three("three");
    three.define("def forward(self, x):\n    return x[:, 3]\n");
    three.save(scratch("three.pt"));
    expect_error([&] { engine::Engine::torchscript(scratch("three.pt"), info, 1); },
                 "cannot take frames [1, 2, 32]");
}

TEST(TorchScript, AModuleThatFailsLaterGivesNoAnswer)
{
    torch::jit::Module moody("moody");
    moody.define("def forward(self, x):\n"
                 "    assert x.max() < 300.0\n"
                 "    if bool(x.max() > 100.0):\n"
                 "        return x[:, 0, :2]\n"
                 "    return x[:, 0, :3] + 1.0\n");
    moody.save(scratch("moody.pt"));
    engine::Engine engine = engine::Engine::torchscript(scratch("moody.pt"), model::model_of(test::tiny_network()).info, 1);
    const auto logits = [&](float first) {
        std::vector<float> frame(64, 0.5F), result(3, 7.0F);
        frame[0] = first;
        engine.run(frame.data(), 1, result.data());
        return result;
    };
    EXPECT_EQ(logits(0.5F), std::vector<float>(3, 1.5F));
    for (const float wrong : { 200.0F, 400.0F }) // another shape; an assertion
        for (const float logit : logits(wrong))
            EXPECT_TRUE(std::isnan(logit)) << wrong;
}
