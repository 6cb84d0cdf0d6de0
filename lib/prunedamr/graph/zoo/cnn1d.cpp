// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/zoo/architectures.h"

namespace prunedamr::graph {
namespace {

constexpr double kHeadDropout = 0.3;
constexpr int kHidden = 128;

std::string residual_unit(NetworkBuilder& build, const std::string& name, const std::string& input, int channels)
{
    auto x = build.conv(name + ".conv1", input, { channels, same_window(1, 3) });
    x = build.plain(Op::batch_norm, name + ".bn1", { x });
    x = build.plain(Op::relu, name + ".relu1", { x });
    x = build.conv(name + ".conv2", x, { channels, same_window(1, 3) });
    x = build.plain(Op::batch_norm, name + ".bn2", { x });
    x = build.plain(Op::add, name + ".add", { x, input });
    return build.plain(Op::relu, name + ".relu2", { x });
}

} // namespace

/// A stack is a 1-tap conv and two residual units; the norms are ours. The pool after it belongs to no unit: when a
/// stack is removed its pool stays, and the dense layer keeps its size (the paper's code pools adaptively instead).
void build_cnn1d(Network& network, const std::vector<StageShape>& stages, std::int64_t classes)
{
    NetworkBuilder build(network);
    auto x = build.plain(Op::input, "input", {});
    const StageShape& stage = stages.front();
    for (int u = 1; u <= stage.units; ++u) {
        const std::string stack = "stack" + std::to_string(u);
        build.begin_unit(stack, 1, true, u == 1);
        x = build.conv("conv", x, { stage.channels });
        x = build.plain(Op::batch_norm, "bn", { x });
        x = residual_unit(build, "unit1", x, stage.channels);
        x = residual_unit(build, "unit2", x, stage.channels);
        build.end_unit();
        if (build.shape(x).width > 1)
            x = build.pool(Op::max_pool, stack + ".pool", x, { 1, 2, 1, 2 });
    }
    x = build.plain(Op::flatten, "flatten", { x });
    x = build.plain(Op::relu, "relu1", { build.linear("fc1", x, kHidden) });
    x = build.dropout("dropout", x, kHeadDropout);
    build.linear("fc", x, classes);
}

} // namespace prunedamr::graph
