// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/zoo/architectures.h"

namespace prunedamr::graph {
namespace {

// A padding of 3 lets two rows outlive four pools.
constexpr std::size_t kWideStages = 2;
constexpr int kWidePadding = 3;

} // namespace

/// Units are conv, norm, relu; a unit that changes width or, by its padding, size is a transition. Pools belong to
/// no unit. Convs have no bias, their norm has one [ours].
void build_vgg16(Network& network, const std::vector<StageShape>& stages, std::int64_t classes)
{
    NetworkBuilder build(network);
    auto x = build.plain(Op::input, "input", {});
    x = build.plain(Op::as_image, "image", { x });
    for (std::size_t s = 0; s < stages.size(); ++s) {
        const bool wide = s < kWideStages;
        const int pad = wide ? kWidePadding : 1;
        const std::string stage = "stage" + std::to_string(s + 1);
        for (int u = 0; u < stages[s].units; ++u) {
            const bool stem = s == 0 && u == 0;
            const int number = s == 0 ? u : u + 1; // the stem is not counted
            build.begin_unit(stem ? "stem" : stage + ".unit" + std::to_string(number),
                             stem ? 0 : static_cast<int>(s) + 1, !stem, !stem && (wide || u == 0));
            x = build.conv("conv", x, { stages[s].channels, { 3, 3, 1, 1, pad, pad } });
            x = build.plain(Op::batch_norm, "bn", { x });
            x = build.plain(Op::relu, "relu", { x });
            build.end_unit();
        }
        x = build.pool(Op::max_pool, stage + ".pool", x, { 2, 2, 2, 2 });
    }
    x = build.plain(Op::flatten, "flatten", { x });
    x = build.plain(Op::relu, "relu1", { build.linear("fc1", x, 256) });
    x = build.plain(Op::relu, "relu2", { build.linear("fc2", x, 128) });
    build.linear("fc", x, classes);
}

} // namespace prunedamr::graph
