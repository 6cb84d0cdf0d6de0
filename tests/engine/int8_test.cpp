// SPDX-License-Identifier: GPL-3.0-or-later
// Every step that computes in 8 bits against the plain reference, bit by bit, on every instruction set.
//
// Each network brings the frame exactly (inputs and weights on a coarse grid) to a quantized value of some channels
// and rows, does one thing with it, and reads the quantized result by a linear.
#include "prunedamr/base/rng.h"
#include "prunedamr/graph/network_builder.h"
#include "prunedamr/graph/reference.h"
#include "tests/engine/engines.h"
#include "tests/graph/networks.h"
#include "tests/graph/quantized_networks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

using namespace prunedamr;
using namespace prunedamr::test;
using graph::ConvGeometry;
using graph::NetworkBuilder;
using graph::Op;

namespace {

using Body = std::function<std::string(NetworkBuilder&, const std::string&)>;

struct Case {
    std::string name;
    int channels;
    int rows = 1; ///< 1 or 2
    int length = 19;
    int zero = 0;
    Body body;
};

/// Values that sum exactly in float32, in any order.
void coarsen(std::vector<float>& values, float step)
{
    for (float& value : values)
        value = std::nearbyint(value / step) * step;
}

std::vector<float> coarse_frames(const graph::Network& network, int count)
{
    auto frames = graph::noise_frames(network, count, 9);
    coarsen(frames, 0.125F);
    return frames;
}

/// Forms by ranges over a frame for the nodes of `names`.
void quantize_nodes(graph::Network& network, const std::vector<std::string>& names)
{
    const auto nodes = run_reference_nodes(network, coarse_frames(network, 1));
    for (const std::string& name : names) {
        const auto [low, high] = std::minmax_element(nodes.at(name).begin(), nodes.at(name).end());
        network.quantized[name] = graph::form_of_range(*low, *high);
    }
}

graph::Network network_of(const Case& test)
{
    graph::Network network;
    network.length = test.length;
    NetworkBuilder build(network);
    auto x = build.plain(Op::input, "input", {});
    if (test.rows == 2)
        x = build.plain(Op::as_image, "image", { x });
    x = build.conv("spread", x, { test.channels, {}, 1, false });
    const std::string result = test.body(build, x);
    build.linear("logits", build.plain(Op::flatten, "flat", { result }), 3);
    initialize(network, 7);
    randomize(network, 8);
    coarsen(network.tensors.at("spread.weight").data, 0.25F);
    network.quantized["spread"] = { 0.04F, test.zero };
    quantize_nodes(network, { result });
    validate(network);
    return network;
}

void expect_reference(const graph::Network& network, double tolerance = 0.0)
{
    const auto frames = coarse_frames(network, 7);
    const auto expected = run_reference(network, frames);
    for (const Way& way : native_ways()) {
        auto engine = make_engine(network, way, 5);
        EXPECT_NE(engine.description().find("int8"), std::string::npos);
        for (const int batch : { 1, 2, 5 }) {
            const auto got = logits_of(engine, frames, batch);
            if (tolerance == 0.0)
                EXPECT_EQ(got, expected) << graph::name_of(network) << ", " << to_string(way) << ", batch " << batch;
            else
                EXPECT_LE(graph::relative_error(expected, got), tolerance)
                    << graph::name_of(network) << ", " << to_string(way);
        }
    }
}

Body conv(NetworkBuilder::ConvShape shape, bool relu = false)
{
    return [=](NetworkBuilder& build, const std::string& x) {
        const auto y = build.conv("conv", x, shape);
        return relu ? build.plain(Op::relu, "relu", { y }) : y;
    };
}

std::string text(int number)
{
    return std::to_string(number);
}

} // namespace

TEST(Int8, DenseConvsOfAllChannelCounts)
{
    for (const int in : { 1, 3, 5, 17, 33 })
        for (const int out : { 1, 3, 16, 17, 33, 50 })
            for (const int zero : { 0, 119 })
                expect_reference(
                    network_of({ "conv " + text(in) + " -> " + text(out) + ", zero " + text(zero), in, 1, 19, zero,
                                 conv({ out, graph::same_window(1, 3) }, out % 2 == 0) }));
}

TEST(Int8, ConvsOfAllWindowsOnOneRowAndTwo)
{
    for (const int rows : { 1, 2 })
        for (const int kernel : { 1, 2, 5 })
            for (const int stride : { 1, 2, 3 })
                for (const int pad : { 0, kernel / 2, kernel })
                    for (const int kernel_h : { 1, 2 * rows - 1 })
                        expect_reference(network_of(
                            { "kernel " + text(kernel_h) + "x" + text(kernel) + ", stride " + text(stride) +
                                  ", pad " + text(pad),
                              6, rows, 23, 77,
                              conv({ 7, { kernel_h, kernel, rows, stride, kernel_h / 2, pad }, 1, true }) }));
}

TEST(Int8, RowsOfAllLengths)
{
    for (int length = 16; length < 64; length += 5)
        expect_reference(network_of(
            { "length " + text(length), 16, 1, length, 3, conv({ 40, graph::same_window(1, 3) }, true) }));
}

// Some kernels copy the inputs of as many positions as there is room for: here of some, of one, and of frames.
TEST(Int8, WindowsOfManyInputs)
{
    for (const int groups : { 1, 2 })
        for (const int stride : { 1, 3 }) {
            expect_reference(network_of({ "many positions of 110 / " + text(groups), 110, 2, 200, 9,
                                          conv({ 18, graph::same_window(3, 5, 1, stride), groups }) }));
            expect_reference(network_of({ "windows of 10050 inputs / " + text(groups), 670, 1, 23, 99,
                                          conv({ 10, { 1, 15, 1, stride, 0, 2 }, groups }) }));
            expect_reference(network_of({ "a position per frame of 34 / " + text(groups), 34, 2, 19, 200,
                                          conv({ 20, { 2, 19, 1, 1, 0, 0 }, groups }, true) }));
        }
}

TEST(Int8, GroupedAndDepthwiseConvs)
{
    struct Groups {
        int channels, groups, out;
    };
    for (const Groups& g : { Groups{ 6, 2, 4 },
                             { 15, 3, 51 },
                             { 34, 2, 34 },
                             { 12, 12, 24 },
                             { 1, 1, 1 },
                             { 3, 3, 3 },
                             { 5, 5, 5 },
                             { 17, 17, 17 },
                             { 33, 33, 33 },
                             { 64, 64, 64 },
                             { 48, 48, 48 },
                             { 150, 150, 150 } })
        for (const int rows : { 1, 2 })
            for (const int stride : { 1, 2, 3 })
                for (const int kernel : { 1, 3, 4, 5, 7, 9, 11 })
                    expect_reference(network_of(
                        { text(g.channels) + " / " + text(g.groups) + " -> " + text(g.out) + ", kernel " +
                              text(kernel) + ", stride " + text(stride),
                          g.channels, rows, 21, 50 * rows,
                          conv({ g.out, graph::same_window(2 * rows - 1, kernel, 1, stride), g.groups, rows == 1 },
                               stride == 1) }));
}

TEST(Int8, DepthwiseConvsOfShortRows)
{
    for (const int step : { 2, 3, 5, 19 })
        for (const int kernel : { 3, 6, 9 }) {
            auto network =
                network_of({ "every " + text(step) + "th, kernel " + text(kernel), 70, 1, 19, 40,
                             [&](NetworkBuilder& build, const std::string& x) {
                                 const auto few = build.pool(Op::max_pool, "few", x, { 1, 1, 1, step });
                                 return build.conv("conv", few, { 70, graph::same_window(1, kernel), 70 });
                             } });
            quantize_nodes(network, { "few" });
            expect_reference(network);
        }
}

TEST(Int8, ShortcutsOfAllDtypes)
{
    for (const int channels : { 5, 32, 35 })
        for (const bool named : { false, true })
            for (const bool depthwise : { false, true })
                for (const char* form : { "same", "mean" }) {
                    Case test{
                        std::string(form) + " shortcut of " + text(channels) + (named ? ", 8 bits" : ", float32"),
                        channels,
                        1,
                        19,
                        30,
                        {}
                    };
                    test.body = [&](NetworkBuilder& build, const std::string& x) {
                        auto shortcut = build.plain(Op::relu, "shortcut", { x });
                        if (std::string(form) == "mean")
                            shortcut = build.pool(Op::max_pool, "mean", shortcut, { 1, 19 });
                        const auto y =
                            build.conv("conv", x, { channels, graph::same_window(1, 3), depthwise ? channels : 1 });
                        return build.plain(Op::relu, "out", { build.plain(Op::add, "add", { y, shortcut }) });
                    };
                    auto network = network_of(test);
                    if (named)
                        quantize_nodes(network, { std::string(form) == "mean" ? "mean" : "shortcut" });
                    expect_reference(network);
                }
}

TEST(Int8, ElementByElement)
{
    for (const int channels : { 1, 5, 16, 33, 64, 150 }) {
        const auto gated = [](Op op) {
            return [op](NetworkBuilder& build, const std::string& x) {
                const auto gate = build.pool(Op::max_pool, "gate", x, { 1, 19 });
                return build.plain(op, "out", { gate, x });
            };
        };
        for (const bool relu : { false, true })
            expect_reference(
                network_of({ "gated add", channels, 1, 19, 90, [relu](NetworkBuilder& build, const std::string& x) {
                                const auto gate = build.pool(Op::max_pool, "gate", x, { 1, 19 });
                                const auto product = build.plain(Op::mul, "mul", { x, gate });
                                const auto sum = build.plain(Op::add, relu ? "sum" : "out", { product, x });
                                return relu ? build.plain(Op::relu, "out", { sum }) : sum;
                            } }));
        expect_reference(network_of({ "mul", channels, 1, 19, 90, gated(Op::mul) }));
        expect_reference(network_of({ "add", channels, 1, 19, 90, gated(Op::add) }));
        expect_reference(network_of({ "relu", channels, 1, 19, 90, [](NetworkBuilder& build, const std::string& x) {
                                         return build.plain(Op::relu, "out", { x });
                                     } }));
        auto both = network_of({ "add of bytes", channels, 1, 19, 90, gated(Op::add) });
        quantize_nodes(both, { "gate" });
        expect_reference(both);
    }
}

TEST(Int8, Pools)
{
    for (const int channels : { 1, 5, 16, 33 })
        for (const int rows : { 1, 2 }) {
            const auto pool = [&](Op op, ConvGeometry window) {
                return network_of(
                    { to_string(op), channels, rows, 19, 128, [=](NetworkBuilder& build, const std::string& x) {
                         return op == Op::global_avg_pool ? build.plain(op, "out", { x })
                                                          : build.pool(op, "out", x, window);
                     } });
            };
            expect_reference(pool(Op::max_pool, { rows, 3, 1, 2, 0, 1 }));
            // Means are rounded once more than the reference's: float32 results, nearly equal.
            for (auto network : { pool(Op::avg_pool, { rows, 3, 1, 2, 0, 1 }), pool(Op::global_avg_pool, {}) }) {
                network.quantized.erase("out");
                expect_reference(network, 1e-5);
            }
        }
}

TEST(Int8, JoinedAndMovedValues)
{
    const auto parts = [](NetworkBuilder& build, const std::string& x) {
        return std::vector<std::string>{ x, build.plain(Op::relu, "left", { x }),
                                         build.conv("right", x, { 5, {} }) };
    };
    for (const int channels : { 5, 16, 20 }) {
        const Body concat = [&](NetworkBuilder& build, const std::string& x) {
            return build.plain(Op::concat, "out", parts(build, x));
        };
        const Body wide = [&](NetworkBuilder& build, const std::string& x) {
            const auto all = parts(build, x);
            return build.plain(Op::concat_width, "out", { all[0], all[1] });
        };
        for (const Body& body : { concat, wide })
            for (const std::vector<std::string>& named : { std::vector<std::string>{}, { "left" } }) {
                Case test{ "joined", channels, 1, 19, 60, body };
                if (&body != &concat)
                    test.body = [&](NetworkBuilder& build, const std::string& x) {
                        return build.plain(Op::concat_width, "out", { x, build.plain(Op::relu, "left", { x }) });
                    };
                auto network = network_of(test);
                quantize_nodes(network, named);
                expect_reference(network);
            }
        expect_reference(network_of({ "pad", channels, 1, 19, 60, [=](NetworkBuilder& build, const std::string& x) {
                                         return build.pad_channels("out", x, channels + 7);
                                     } }));
    }
    for (const Op op : { Op::channel_shuffle, Op::position_shuffle }) {
        auto network = network_of({ to_string(op), 10, 1, 20, 60, [=](NetworkBuilder& build, const std::string& x) {
                                       return build.shuffle(op, "out", x, 5);
                                   } });
        expect_reference(network); // another form
        network.quantized["out"] = network.quantized["spread"];
        expect_reference(network);
        network.quantized.erase("spread");
        expect_reference(network);
        network.quantized["spread"] = network.quantized["out"];
        network.quantized.erase("out");
        expect_reference(network, 1e-5); // a linear of float32
    }
}

TEST(Int8, StepsOfFloat32Between)
{
    expect_reference(network_of({ "complex sum", 6, 2, 19, 60, [](NetworkBuilder& build, const std::string& x) {
                                     return build.plain(Op::complex_sum, "out", { x });
                                 } }));
    auto frame = network_of({ "frame", 6, 1, 19, 60, conv({ 7, graph::same_window(1, 3) }) });
    frame.quantized["input"] = { 0.03F, 110 };
    expect_reference(frame);
    auto logits = network_of({ "logits", 6, 1, 19, 60, conv({ 7, graph::same_window(1, 3) }) });
    logits.quantized["logits"] = { 0.05F, 100 };
    expect_reference(logits);
}
