// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/zoo/architectures.h"

#include <algorithm>

namespace prunedamr::graph {
namespace {

constexpr double kHeadDropout = 0.1;

/// A basic 1-D residual block; where the rate halves the shortcut is a strided 1-tap conv with its norm.
std::string residual_unit(NetworkBuilder& build, const UnitPlace& place)
{
    const int stride = place.transition ? 2 : 1, channels = place.out_channels;
    auto x = build.conv("conv1", place.input, { channels, same_window(1, 3, 1, stride) });
    x = build.plain(Op::batch_norm, "bn1", { x });
    x = build.plain(Op::relu, "relu1", { x });
    x = build.conv("conv2", x, { channels, same_window(1, 3) });
    x = build.plain(Op::batch_norm, "bn2", { x });
    std::string shortcut = place.input;
    if (place.transition) {
        shortcut = build.conv("shortcut.conv", shortcut, { channels, same_window(1, 1, 1, stride) });
        shortcut = build.plain(Op::batch_norm, "shortcut.bn", { shortcut });
    }
    x = build.plain(Op::add, "add", { x, shortcut });
    return build.plain(Op::relu, "relu2", { x });
}

} // namespace

void build_amr_resnet(Network& network, const StemShape& stem, const std::vector<StageShape>& stages,
                      std::int64_t classes)
{
    NetworkBuilder build(network);
    auto x = build.plain(Op::input, "input", {});
    build.begin_unit("stem", 0, false, false);
    x = build.conv("conv", x, { stages.front().channels, same_window(1, stem.kernel, 1, stem.stride) });
    x = build.plain(Op::batch_norm, "bn", { x });
    x = build.plain(Op::relu, "relu", { x });
    build.end_unit();
    x = build_stages(build, x, stages.front().channels, stages, false, residual_unit).back();
    x = build.plain(Op::global_avg_pool, "pool", { x });
    x = build.plain(Op::flatten, "flatten", { x });
    x = build.dropout("dropout", x, kHeadDropout);
    build.linear("fc", x, classes);
}

namespace {

/// Squeeze and excitation: every channel times a factor that the frame's channel means decide.
std::string gate(NetworkBuilder& build, const std::string& input, int channels, int squeeze)
{
    auto x = build.plain(Op::global_avg_pool, "gate.mean", { input });
    x = build.plain(Op::relu, "gate.relu", { build.linear("gate.squeeze", x, std::max(1, channels / squeeze)) });
    x = build.plain(Op::sigmoid, "gate.sigmoid", { build.linear("gate.excite", x, channels) });
    return build.plain(Op::mul, "gate.mul", { input, x });
}

/// Depthwise, pointwise, norm, gate, and the input added where shapes allow.
std::string separable_unit(NetworkBuilder& build, const UnitPlace& place, const SeparableShape& shape)
{
    const ConvGeometry window = same_window(1, shape.kernel, 1, place.transition ? 2 : 1);
    auto x = build.conv("depthwise", place.input, { place.in_channels, window, place.in_channels });
    x = build.conv("pointwise", x, { place.out_channels });
    x = build.plain(Op::batch_norm, "bn", { x });
    x = gate(build, x, place.out_channels, shape.squeeze);
    if (!place.transition)
        x = build.plain(Op::add, "add", { x, place.input });
    return build.plain(Op::relu, "relu", { x });
}

} // namespace

/// The head reads the means of every stage's output, so that each level's features reach the classes.
void build_amr_separable(Network& network, const SeparableShape& shape, const std::vector<StageShape>& stages,
                         std::int64_t classes)
{
    NetworkBuilder build(network);
    auto x = build.plain(Op::input, "input", {});
    build.begin_unit("stem", 0, false, false);
    x = build.conv("conv", x, { shape.stem_channels, same_window(1, shape.kernel, 1, 2) });
    x = build.plain(Op::batch_norm, "bn", { x });
    x = build.plain(Op::relu, "relu", { x });
    build.end_unit();
    const auto unit = [&shape](NetworkBuilder& b, const UnitPlace& place) {
        return separable_unit(b, place, shape);
    };
    std::vector<std::string> means;
    for (const std::string& output : build_stages(build, x, shape.stem_channels, stages, true, unit))
        means.push_back(build.plain(Op::global_avg_pool, "mean" + std::to_string(means.size() + 1), { output }));
    x = build.plain(Op::concat, "concat", means);
    x = build.dropout("dropout", x, kHeadDropout);
    build.linear("fc", x, classes);
}

} // namespace prunedamr::graph
