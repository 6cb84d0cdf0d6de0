// SPDX-License-Identifier: GPL-3.0-or-later
// Exported files run by OpenCV's DNN module, which shares no code with this project.
#include "prunedamr/onnx/onnx_export.h"
#include "prunedamr/graph/reference.h"

#include "tests/model/model_bytes.h"
#include "tests/model/models.h"
#include "tests/graph/networks.h"

#include <gtest/gtest.h>

#ifdef PRUNEDAMR_TEST_OPENCV
#include <opencv2/dnn.hpp>
#endif

#include <cstdio>
#include <set>

namespace prunedamr::model {
namespace {

using namespace graph;

TEST(OnnxNetworks, UseEveryOperation)
{
    std::set<Op> used;
    for (const Network& network : all_nets())
        for (const Node& node : network.nodes)
            used.insert(node.op);
    for (int op = 0; op <= static_cast<int>(Op::detach); ++op)
        EXPECT_TRUE(used.count(static_cast<Op>(op))) << to_string(static_cast<Op>(op));
}

#ifdef PRUNEDAMR_TEST_OPENCV

constexpr double kTolerance = 1e-4; // of the logits' range

std::vector<float> run_opencv(cv::dnn::Net& net, std::vector<float> frames, int batch, std::int64_t length)
{
    const int shape[] = { batch, 2, static_cast<int>(length) };
    net.setInput(cv::Mat(3, shape, CV_32F, frames.data()).clone(), "frames");
    const cv::Mat logits = net.forward("logits");
    return { logits.ptr<float>(), logits.ptr<float>() + logits.total() };
}

void expect_reference_logits(const Network& network)
{
    SCOPED_TRACE(name_of(network));
    const auto path = temporary_path(".onnx");
    export_onnx(model_of(network), path);
    const auto frames = noise_frames(network, 3, 9);
    const auto expected = run_reference(network, frames);
    const auto one = static_cast<std::ptrdiff_t>(frames.size() / 3);
    for (const int batch : { 1, 3 }) {
        cv::dnn::Net net = cv::dnn::readNetFromONNX(path); // OpenCV 4.10 computes nonsense once the batch changes
        const std::vector<float> some(frames.begin(), frames.begin() + batch * one);
        const std::vector<float> wanted(expected.begin(), expected.begin() + batch * network.classes());
        const auto got = run_opencv(net, some, batch, network.length);
        ASSERT_EQ(got.size(), wanted.size());
        EXPECT_LE(relative_error(wanted, got), kTolerance) << "batch " << batch;
    }
    std::remove(path.c_str());
}

TEST(OnnxInOpenCv, GivesTheReferencesLogitsForEveryOperation)
{
    for (const Network& network : all_nets())
        expect_reference_logits(network);
}

class OnnxZooInOpenCv : public testing::TestWithParam<std::string>
{
};

TEST_P(OnnxZooInOpenCv, GivesTheReferencesLogits)
{
    Network network = make_network(zoo_config(GetParam(), 32, 5));
    randomize(network, 4);
    expect_reference_logits(network);
}

std::vector<std::string> zoo_names()
{
    std::vector<std::string> names;
    for (const Architecture& architecture : architectures())
        names.emplace_back(architecture.name);
    return names;
}

INSTANTIATE_TEST_SUITE_P(Onnx, OnnxZooInOpenCv, testing::ValuesIn(zoo_names()),
                         [](const auto& info) { return info.param; });

#else

TEST(OnnxInOpenCv, GivesTheReferencesLogits)
{
    GTEST_SKIP() << "built without OpenCV's DNN module (libopencv-dnn-dev)";
}

#endif

} // namespace
} // namespace prunedamr::model
