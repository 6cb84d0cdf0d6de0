// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/zoo/stages.h"

namespace prunedamr::graph {

std::vector<std::string> build_stages(NetworkBuilder& build, const std::string& input, int channels,
                                      const std::vector<StageShape>& stages, bool first_changes,
                                      const UnitBuilder& unit)
{
    std::vector<std::string> outputs;
    std::string x = input;
    for (std::size_t s = 0; s < stages.size(); ++s) {
        const int stage = static_cast<int>(s) + 1;
        for (int u = 0; u < stages[s].units; ++u) {
            const bool transition = u == 0 && (s > 0 || first_changes);
            build.begin_unit("stage" + std::to_string(stage) + ".unit" + std::to_string(u + 1), stage, true,
                             transition);
            x = unit(build, { x, channels, stages[s].channels, transition });
            build.end_unit();
            channels = stages[s].channels;
        }
        outputs.push_back(x);
    }
    return outputs;
}

} // namespace prunedamr::graph
