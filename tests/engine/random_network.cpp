// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/engine/random_network.h"

#include "prunedamr/base/rng.h"
#include "prunedamr/graph/network_builder.h"
#include "tests/graph/networks.h"

#include <algorithm>

namespace prunedamr::test {
namespace {

using graph::ConvGeometry;
using graph::NetworkBuilder;
using graph::Op;
using graph::Shape;

/// Appends random operations to one running value `x`.
class Grower
{
public:
    Grower(graph::Network& network, std::uint64_t seed) : network_(network), build_(network), rng_(seed)
    {
        x_ = build_.plain(Op::input, "input", {});
        if (rng_.chance(0.4))
            x_ = build_.plain(Op::as_image, "image", { x_ });
    }

    void grow()
    {
        switch (pick(0, 11)) {
        case 0:
        case 1:
        case 2:
            return conv();
        case 3:
            return activation();
        case 4:
            return join_earlier();
        case 5:
            return pool();
        case 6:
            return gate();
        case 7:
            return branches();
        case 8:
            return rearrange();
        case 9:
            return widen();
        case 10:
            return complex();
        default:
            return separable();
        }
    }

    void finish(std::int64_t classes)
    {
        if (rng_.chance(0.5) && shape().count() < 4000)
            x_ = build_.plain(Op::flatten, name(), { x_ });
        else
            x_ = build_.plain(Op::global_avg_pool, name(), { x_ });
        x_ = build_.dropout(name(), x_, 0.3);
        if (rng_.chance(0.5))
            x_ = build_.plain(Op::relu, name(), { build_.linear(name(), x_, pick(1, 40)) });
        build_.linear("logits", x_, classes);
    }

private:
    int pick(int low, int high) { return static_cast<int>(rng_.integer(low, high)); }
    std::string name() { return "n" + std::to_string(count_++); }
    Shape shape() const { return infer_shapes(network_).at(x_); }

    int divisor(std::int64_t of)
    {
        int candidate = pick(1, static_cast<int>(of));
        while (of % candidate != 0)
            --candidate;
        return candidate;
    }

    ConvGeometry window(int largest_kernel)
    {
        const Shape s = shape();
        ConvGeometry w;
        w.kernel_w = pick(1, largest_kernel);
        w.kernel_h = s.height > 1 ? pick(1, 3) : 1;
        w.pad_w = pick(0, w.kernel_w / 2);
        w.pad_h = pick(0, w.kernel_h / 2);
        w.stride_w = s.width > 8 ? pick(1, 3) : 1;
        w.stride_h = s.height > 1 ? pick(1, 2) : 1;
        while (s.width + 2 * w.pad_w < w.kernel_w)
            --w.kernel_w;
        while (s.height + 2 * w.pad_h < w.kernel_h)
            --w.kernel_h;
        w.pad_w = std::min(w.pad_w, w.kernel_w / 2);
        w.pad_h = std::min(w.pad_h, w.kernel_h / 2);
        return w;
    }

    void conv()
    {
        NetworkBuilder::ConvShape conv{ 1, window(7) };
        conv.groups = rng_.chance(0.3) ? divisor(shape().channels) : 1;
        conv.out_channels = conv.groups * pick(1, conv.groups == 1 ? 50 : 5);
        conv.bias = rng_.chance(0.5);
        x_ = build_.conv(name(), x_, conv);
        if (rng_.chance(0.6))
            x_ = build_.plain(Op::batch_norm, name(), { x_ });
        if (rng_.chance(0.6))
            x_ = build_.plain(Op::relu, name(), { x_ });
    }

    void separable()
    {
        const auto channels = shape().channels;
        x_ = build_.conv(name(), x_, { channels, window(5), channels, true });
        x_ = build_.conv(name(), x_, { pick(1, 40), {}, 1, false });
    }

    void activation()
    {
        const Op ops[] = { Op::relu, Op::batch_norm, Op::sigmoid, Op::dropout, Op::detach };
        x_ = build_.plain(ops[pick(0, 4)], name(), { x_ });
    }

    /// A shape-keeping conv and a shortcut around it, sometimes with a third summand.
    void join_earlier()
    {
        const std::string before = x_;
        x_ = build_.conv(name(), x_, { shape().channels, graph::same_window(1, 3), 1, true });
        std::vector<std::string> summands{ x_, before };
        if (rng_.chance(0.3))
            summands = { before, x_ };
        if (rng_.chance(0.3))
            summands.push_back(build_.plain(Op::global_avg_pool, name(), { before }));
        x_ = build_.plain(rng_.chance(0.2) && summands.size() == 2 ? Op::mul : Op::add, name(), summands);
        if (rng_.chance(0.6))
            x_ = build_.plain(Op::relu, name(), { x_ });
    }

    void pool() { x_ = build_.pool(rng_.chance(0.5) ? Op::max_pool : Op::avg_pool, name(), x_, window(4)); }

    /// Squeeze and excitation, or the same mean added, with the broadcast value on either side.
    void gate()
    {
        const auto channels = shape().channels;
        auto g = build_.plain(Op::global_avg_pool, name(), { x_ });
        g = build_.conv(name(), g, { channels, {}, 1, true });
        const bool product = rng_.chance(0.5);
        if (product)
            g = build_.plain(Op::sigmoid, name(), { g });
        std::vector<std::string> inputs{ x_, g };
        if (rng_.chance(0.5))
            inputs = { g, x_ };
        x_ = build_.plain(product ? Op::mul : Op::add, name(), inputs);
    }

    void branches()
    {
        const auto a = build_.conv(name(), x_, { pick(1, 20), graph::same_window(1, 3), 1, true });
        const auto b = build_.conv(name(), x_, { pick(1, 20), {}, 1, false });
        x_ = build_.plain(Op::concat, name(), { a, b, x_ });
    }

    void rearrange()
    {
        const auto channels = shape().channels;
        if (rng_.chance(0.3))
            x_ = build_.shuffle(Op::channel_shuffle, name(), x_, divisor(channels));
        else if (rng_.chance(0.4))
            x_ = build_.shuffle(Op::position_shuffle, name(), x_, divisor(shape().width));
        else
            x_ = build_.pad_channels(name(), x_, channels + pick(0, 9));
    }

    /// Joined by its own pools along the positions.
    void widen()
    {
        const auto mean = build_.pool(Op::avg_pool, name(), x_, { 1, 1, 1, 2 });
        x_ = build_.plain(Op::concat_width, name(), { x_, mean });
    }

    /// A complex sum where shapes allow, of whatever came before or of a conv along the rows; a complex norm.
    void complex()
    {
        if (shape().height == 2) {
            const auto filters = 2 * pick(1, 12);
            if (rng_.chance(0.7) || shape().channels % 2 != 0)
                x_ = build_.conv(name(), x_, { filters, graph::same_window(1, 5), 1, rng_.chance(0.5) });
            x_ = build_.plain(Op::complex_sum, name(), { x_ });
        }
        if (shape().channels % 2 == 0)
            x_ = build_.plain(Op::complex_norm, name(), { x_ });
    }

    graph::Network& network_;
    NetworkBuilder build_;
    Rng rng_;
    std::string x_;
    int count_ = 0;
};

} // namespace

graph::Network random_network(std::uint64_t seed)
{
    Rng rng(seed);
    graph::Network network;
    network.length = rng.integer(16, 70);
    const std::int64_t classes = rng.integer(2, 19);
    Grower grower(network, seed + 1000);
    for (std::int64_t steps = rng.integer(1, 10); steps > 0; --steps)
        grower.grow();
    grower.finish(classes);
    initialize(network, seed);
    randomize(network, seed);
    validate(network);
    return network;
}

} // namespace prunedamr::test
