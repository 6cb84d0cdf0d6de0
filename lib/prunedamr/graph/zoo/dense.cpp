// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/zoo/architectures.h"

namespace prunedamr::graph {

void build_dense(Network& network, const std::vector<StageShape>& stages, std::int64_t classes)
{
    NetworkBuilder build(network);
    auto x = build.plain(Op::flatten, "flatten", { build.plain(Op::input, "input", {}) });
    for (int u = 1; u <= stages.front().units; ++u) {
        build.begin_unit("layer" + std::to_string(u), 1, true, u == 1);
        x = build.plain(Op::relu, "relu", { build.linear("fc", x, stages.front().channels) });
        build.end_unit();
    }
    build.linear("fc", x, classes);
}

} // namespace prunedamr::graph
