// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <vector>

namespace prunedamr::graph {

/// Width and depth of each stage of a residual network.
struct StageShape {
    int channels;
    int units;
};

/// The papers' CIFAR residual network on the frame as a 1 x 2 x L image.
void build_cifar_resnet(Network& network, const std::vector<StageShape>& stages);

/// This project's compact 1-D residual network.
void build_amr_resnet(Network& network, const std::vector<StageShape>& stages);

} // namespace prunedamr::graph
