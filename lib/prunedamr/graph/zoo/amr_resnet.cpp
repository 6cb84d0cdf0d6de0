// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/zoo/architectures.h"

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

} // namespace prunedamr::graph
