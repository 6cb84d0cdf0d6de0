// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network_builder.h"

#include <functional>
#include <string>
#include <vector>

namespace prunedamr::graph {

/// Width and depth of each stage of a network.
struct StageShape {
    int channels;
    int units;
};

/// What a unit's builder is told.
struct UnitPlace {
    std::string input;
    int in_channels;
    int out_channels;
    bool transition; ///< first of its stage, where rate or width change
};

/// Builds one unit's nodes and returns the last one's name.
using UnitBuilder = std::function<std::string(NetworkBuilder&, const UnitPlace&)>;

/// Adds units "stage1.unit1" ... after node `input` of `channels` channels; returns the output of every stage.
/// The first unit of a stage is its transition; that of the first stage only if `first_changes`.
std::vector<std::string> build_stages(NetworkBuilder& build, const std::string& input, int channels,
                                      const std::vector<StageShape>& stages, bool first_changes,
                                      const UnitBuilder& unit);

} // namespace prunedamr::graph
