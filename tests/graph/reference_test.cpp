// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/reference.h"

#include "prunedamr/graph/network_builder.h"

#include "tests/graph/networks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

namespace prunedamr::graph {
namespace {

using Values = std::vector<float>;

/// Runs one node on given operands; its tensors come from `tensors`.
Values run_op(const Node& node, const std::vector<std::pair<Shape, Values>>& inputs, const Shape& output,
              const std::map<std::string, Tensor>& tensors = {})
{
    Network network;
    network.tensors = tensors;
    std::vector<Operand> operands;
    for (const auto& [shape, values] : inputs)
        operands.push_back({ shape, &values });
    return run_node(network, node, operands, output);
}

Node op(Op kind)
{
    Node node;
    node.name = "n";
    node.op = kind;
    return node;
}

/// Convolution straight from its definition, one output value at a time.
float conv_value(const Node& n, const Shape& in, const Values& x, const Tensor& w, std::int64_t o, std::int64_t y,
                 std::int64_t z, std::int64_t out_channels)
{
    const std::int64_t in_per_group = in.channels / n.groups;
    const std::int64_t group = o / (out_channels / n.groups);
    double sum = 0.0;
    for (std::int64_t i = 0; i < in_per_group; ++i)
        for (int ky = 0; ky < n.window.kernel_h; ++ky)
            for (int kz = 0; kz < n.window.kernel_w; ++kz) {
                const std::int64_t row = y * n.window.stride_h + ky - n.window.pad_h;
                const std::int64_t col = z * n.window.stride_w + kz - n.window.pad_w;
                if (row >= 0 && row < in.height && col >= 0 && col < in.width)
                    sum += static_cast<double>(
                               w.data[((o * in_per_group + i) * n.window.kernel_h + ky) * n.window.kernel_w + kz]) *
                           x[((group * in_per_group + i) * in.height + row) * in.width + col];
            }
    return static_cast<float>(sum);
}

TEST(Reference, ConvolutionFollowsItsDefinition)
{
    for (const std::int64_t groups : { 1, 2, 4 })
        for (const ConvGeometry& window :
             { ConvGeometry{}, ConvGeometry{ 3, 3, 2, 2, 1, 1 }, ConvGeometry{ 2, 7, 1, 3, 0, 5 } })
            for (const std::int64_t width : { 1, 7, 31 }) {
                const Shape in{ 4, 2, width };
                Node node = op(Op::conv);
                node.window = window;
                node.groups = groups;
                node.out_channels = 8;
                const std::int64_t height_out =
                    (in.height + 2 * window.pad_h - window.kernel_h) / window.stride_h + 1;
                const std::int64_t room = in.width + 2 * window.pad_w - window.kernel_w;
                const Shape out{ 8, height_out, room / window.stride_w + 1 };
                Tensor weight{ { 8, 4 / groups, window.kernel_h, window.kernel_w }, {} };
                for (int i = 0; i < 8 * 4 / groups * window.kernel_h * window.kernel_w; ++i)
                    weight.data.push_back(std::sin(1.0F + static_cast<float>(i)));
                Values x;
                for (int i = 0; i < in.count(); ++i)
                    x.push_back(std::cos(2.0F * static_cast<float>(i)));
                const Values got = run_op(node, { { in, x } }, out, { { "n.weight", weight } });
                ASSERT_EQ(got.size(), static_cast<std::size_t>(out.count()));
                std::size_t at = 0;
                for (std::int64_t o = 0; o < out.channels; ++o)
                    for (std::int64_t y = 0; y < out.height; ++y)
                        for (std::int64_t z = 0; z < out.width; ++z)
                            EXPECT_NEAR(got[at++], conv_value(node, in, x, weight, o, y, z, 8), 1e-6);
            }
}

TEST(Reference, PointwiseOperationsByHand)
{
    const Shape s{ 2, 1, 2 };
    EXPECT_EQ(run_op(op(Op::relu), { { s, { -1, 2, 0, -3 } } }, s), (Values{ 0, 2, 0, 0 }));
    EXPECT_EQ(run_op(op(Op::sigmoid), { { { 1, 1, 1 }, { 0 } } }, { 1, 1, 1 }), Values{ 0.5F });
    EXPECT_EQ(run_op(op(Op::add), { { s, { 1, 2, 3, 4 } }, { { 2, 1, 1 }, { 10, 20 } } }, s),
              (Values{ 11, 12, 23, 24 }));
    EXPECT_EQ(run_op(op(Op::mul), { { { 2, 1, 1 }, { 10, 20 } }, { s, { 1, 2, 3, 4 } } }, s),
              (Values{ 10, 20, 60, 80 }));
    EXPECT_EQ(run_op(op(Op::dropout), { { s, { 1, 2, 3, 4 } } }, s), (Values{ 1, 2, 3, 4 }));
    Node norm = op(Op::batch_norm);
    norm.epsilon = 1.0;
    const std::map<std::string, Tensor> tensors = { { "n.weight", { { 1 }, { 6 } } },
                                                    { "n.bias", { { 1 }, { 0.5F } } },
                                                    { "n.running_mean", { { 1 }, { 2 } } },
                                                    { "n.running_var", { { 1 }, { 8 } } } };
    EXPECT_EQ(run_op(norm, { { { 1, 1, 2 }, { 5, 2 } } }, { 1, 1, 2 }, tensors), (Values{ 6.5F, 0.5F }));
}

TEST(Reference, ChannelOperationsByHand)
{
    Node shuffle = op(Op::channel_shuffle);
    shuffle.groups = 2;
    const Shape six{ 6, 1, 1 };
    EXPECT_EQ(run_op(shuffle, { { six, { 0, 1, 2, 3, 4, 5 } } }, six), (Values{ 0, 3, 1, 4, 2, 5 }));
    EXPECT_EQ(run_op(op(Op::pad_channels), { { { 1, 1, 2 }, { 7, 8 } } }, { 2, 1, 2 }), (Values{ 7, 8, 0, 0 }));
    EXPECT_EQ(run_op(op(Op::concat), { { { 1, 1, 1 }, { 7 } }, { { 2, 1, 1 }, { 8, 9 } } }, { 3, 1, 1 }),
              (Values{ 7, 8, 9 }));
    Node linear = op(Op::linear);
    linear.bias = true;
    const std::map<std::string, Tensor> tensors = { { "n.weight", { { 2, 2 }, { 1, 2, 3, 4 } } },
                                                    { "n.bias", { { 2 }, { 10, 20 } } } };
    EXPECT_EQ(run_op(linear, { { { 2, 1, 1 }, { 5, 6 } } }, { 2, 1, 1 }, tensors), (Values{ 27, 59 }));
}

TEST(Reference, PositionOperationsByHand)
{
    Node shuffle = op(Op::position_shuffle);
    shuffle.groups = 2;
    const Shape rows{ 2, 1, 4 };
    EXPECT_EQ(run_op(shuffle, { { rows, { 0, 1, 2, 3, 4, 5, 6, 7 } } }, rows), (Values{ 0, 2, 1, 3, 4, 6, 5, 7 }));
    EXPECT_EQ(
        run_op(op(Op::concat_width), { { { 2, 1, 1 }, { 7, 8 } }, { { 2, 1, 2 }, { 1, 2, 3, 4 } } }, { 2, 1, 3 }),
        (Values{ 7, 1, 2, 8, 3, 4 }));
}

TEST(Reference, ComplexSumIsAComplexProduct)
{
    // Filters (2 + 3j) and (1 - 1j) of one tap on the samples 5 + 7j and -1 + 0j: A = real parts, B = imaginary
    // parts.
    const Values in = { 2 * 5, 2 * -1, 2 * 7, 0, 1 * 5,  1 * -1,  1 * 7,  0,
                        3 * 5, 3 * -1, 3 * 7, 0, -1 * 5, -1 * -1, -1 * 7, 0 };
    EXPECT_EQ(run_op(op(Op::complex_sum), { { { 4, 2, 2 }, in } }, { 4, 1, 2 }),
              (Values{ -11, -2, 29, -3, 12, -1, 2, 1 }));
}

TEST(Reference, ComplexNormWhitensItsCovariance)
{
    // The samples' own mean and covariance as statistics, weight the identity: the output has covariance 1 and mean
    // 0, and the map is the symmetric root: it does not turn the pair.
    const Values i = { 1, 2, -3, 0.5F, 4, -1, 0, 2 }, q = { 2, 1, -1, 3, 5, 0, 1, -2 };
    const auto mean_of = [](const Values& a, const Values& b) {
        double sum = 0.0;
        for (std::size_t n = 0; n < a.size(); ++n)
            sum += static_cast<double>(a[n]) * b[n];
        return sum / static_cast<double>(a.size());
    };
    const Values ones(i.size(), 1.0F);
    const double mean_i = mean_of(i, ones), mean_q = mean_of(q, ones);
    const auto covariance = [&](const Values& a, double mean_a, const Values& b, double mean_b) {
        return static_cast<float>(mean_of(a, b) - mean_a * mean_b);
    };
    Node norm = op(Op::complex_norm);
    norm.epsilon = 1e-9;
    const std::map<std::string, Tensor> tensors = {
        { "n.weight", { { 1, 3 }, { 1, 1, 0 } } },
        { "n.bias", { { 1, 2 }, { 0, 0 } } },
        { "n.running_mean", { { 1, 2 }, { static_cast<float>(mean_i), static_cast<float>(mean_q) } } },
        { "n.running_var",
          { { 1, 3 },
            { covariance(i, mean_i, i, mean_i), covariance(q, mean_q, q, mean_q),
              covariance(i, mean_i, q, mean_q) } } }
    };
    Values both = i;
    both.insert(both.end(), q.begin(), q.end());
    const Shape shape{ 2, 1, 8 };
    const Values out = run_op(norm, { { shape, both } }, shape, tensors);
    const Values out_i(out.begin(), out.begin() + 8), out_q(out.begin() + 8, out.end());
    EXPECT_NEAR(mean_of(out_i, ones), 0.0, 1e-6);
    EXPECT_NEAR(mean_of(out_i, out_i), 1.0, 1e-5);
    EXPECT_NEAR(mean_of(out_q, out_q), 1.0, 1e-5);
    EXPECT_NEAR(mean_of(out_i, out_q), 0.0, 1e-5);
    EXPECT_NEAR(mean_of(out_i, q), mean_of(out_q, i) + mean_q * mean_of(out_i, ones), 1e-5);
}

TEST(Reference, PoolsLeavePaddingOut)
{
    const Shape in{ 1, 1, 5 }, out{ 1, 1, 3 };
    Node pool = op(Op::max_pool);
    pool.window = { 1, 3, 1, 2, 0, 1 };
    const Values x = { -4, -2, -9, -1, -3 };
    EXPECT_EQ(run_op(pool, { { in, x } }, out), (Values{ -2, -1, -1 }));
    pool.op = Op::avg_pool;
    EXPECT_EQ(run_op(pool, { { in, x } }, out), (Values{ -3, -4, -2 }));
    EXPECT_EQ(run_op(op(Op::global_avg_pool), { { { 2, 1, 2 }, { 1, 3, 5, 6 } } }, { 2, 1, 1 }),
              (Values{ 2, 5.5F }));
}

TEST(Reference, FramesOfABatchAreIndependent)
{
    const Network network = concat_net();
    const Values frames = noise_frames(network, 3, 4), together = run_reference(network, frames);
    ASSERT_EQ(together.size(), 9u);
    const auto size = static_cast<std::ptrdiff_t>(frames.size() / 3);
    for (int f = 0; f < 3; ++f) {
        const Values frame(frames.begin() + f * size, frames.begin() + (f + 1) * size);
        const auto nodes = run_reference_nodes(network, frame);
        EXPECT_EQ(nodes.size(), network.nodes.size());
        EXPECT_TRUE(std::equal(nodes.at("fc").begin(), nodes.at("fc").end(), together.begin() + 3 * f));
    }
    EXPECT_TRUE(run_reference(network, {}).empty());
}

TEST(RelativeError, IsTheLargestDifferenceOverTheRange)
{
    const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
    EXPECT_DOUBLE_EQ(relative_error({ -1, 3, 0 }, { -1, 2, 0.5 }), 0.25);
    EXPECT_EQ(relative_error({ 2, 2 }, { 2, 2 }), 0.0);
    EXPECT_EQ(relative_error({ 2, 2 }, { 2, 3 }), inf);
    EXPECT_EQ(relative_error({ 1, 2 }, { 1, nan }), inf);
    EXPECT_EQ(relative_error({ 1, inf }, { 1, inf }), inf);
    EXPECT_EQ(relative_error({}, {}), 0.0);
}

TEST(Reference, Resnet110TakesWellUnderASecond)
{
    const Network network = make_network(zoo_config("resnet110", 128, 11));
    const auto frame = noise_frames(network, 1, 3);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(run_reference(network, frame).size(), 11u);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    EXPECT_LT(took.count(), 2.0);
}

} // namespace
} // namespace prunedamr::graph
