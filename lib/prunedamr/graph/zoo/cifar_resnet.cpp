// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/zoo/architectures.h"

namespace prunedamr::graph {
namespace {

/// conv, norm, relu, conv, norm, add, relu; where the shape changes the shortcut is the mean of the unit's input,
/// zero-padded in channels and cut from the gradient, as the papers' code has it.
std::string residual_unit(NetworkBuilder& build, const UnitPlace& place)
{
    const int stride = place.transition ? 2 : 1, channels = place.out_channels;
    auto x = build.conv("conv1", place.input, { channels, same_window(3, 3, stride, stride) });
    x = build.plain(Op::batch_norm, "bn1", { x });
    x = build.plain(Op::relu, "relu1", { x });
    x = build.conv("conv2", x, { channels, same_window(3, 3) });
    x = build.plain(Op::batch_norm, "bn2", { x });
    std::string shortcut = place.input;
    if (place.transition) {
        shortcut = build.plain(Op::global_avg_pool, "shortcut.pool", { shortcut });
        shortcut = build.pad_channels("shortcut.pad", shortcut, channels);
        shortcut = build.plain(Op::detach, "shortcut.detach", { shortcut });
    }
    x = build.plain(Op::add, "add", { x, shortcut });
    return build.plain(Op::relu, "relu2", { x });
}

} // namespace

void build_cifar_resnet(Network& network, const std::vector<StageShape>& stages, std::int64_t classes)
{
    NetworkBuilder build(network);
    auto x = build.plain(Op::input, "input", {});
    x = build.plain(Op::as_image, "image", { x });
    build.begin_unit("stem", 0, false, false);
    x = build.conv("conv", x, { stages.front().channels, same_window(3, 3) });
    x = build.plain(Op::batch_norm, "bn", { x });
    x = build.plain(Op::relu, "relu", { x });
    build.end_unit();
    x = build_stages(build, x, stages.front().channels, stages, false, residual_unit).back();
    x = build.plain(Op::global_avg_pool, "pool", { x });
    build.linear("fc", x, classes);
}

} // namespace prunedamr::graph
