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

/// The papers' CIFAR residual network on the frame as a 1 x 2 x L image.
void build_cifar_resnet(Network& network, const std::vector<StageShape>& stages, std::int64_t classes);

/// The papers' VGG16 on the same image; the first conv of the first stage is the stem.
void build_vgg16(Network& network, const std::vector<StageShape>& stages, std::int64_t classes);

/// The papers' CNN1D: one stage of residual stacks, the rate halves after each.
void build_cnn1d(Network& network, const std::vector<StageShape>& stages, std::int64_t classes);

/// A multi-layer perceptron: one stage of hidden layers.
void build_dense(Network& network, const std::vector<StageShape>& stages, std::int64_t classes);

/// ULCNN (arXiv 2208.04659): complex stem, separable convs with attention.
void build_ulcnn(Network& network, const std::vector<StageShape>& stages, std::int64_t classes);

/// The first conv of this project's residual network.
struct StemShape {
    int kernel;
    int stride; ///< the rate behind it is the frame's divided by this
};

/// This project's compact 1-D residual network.
void build_amr_resnet(Network& network, const StemShape& stem, const std::vector<StageShape>& stages,
                      std::int64_t classes);

/// What the sizes of this project's separable network differ in, besides their stages.
struct SeparableShape {
    int stem_channels; ///< the stem halves the rate, and so does every stage
    int kernel;        ///< of depthwise convs and stem
    int squeeze;       ///< each unit's gate has channels / squeeze hidden values
};

/// This project's 1-D residual network of depthwise-separable convs.
void build_amr_separable(Network& network, const SeparableShape& shape, const std::vector<StageShape>& stages,
                         std::int64_t classes);

/// What the sizes of this project's large-kernel network differ in, besides the one stage.
struct LargeKernelShape {
    int stem_kernel; ///< the stem halves the rate, which then stays
    int kernel;      ///< of depthwise convs
    int large;       ///< of every third, and of the last
};

/// This project's large-kernel network: one stage of residual separable units that look across the whole frame.
void build_amr_large_kernel(Network& network, const LargeKernelShape& shape, const std::vector<StageShape>& stages,
                            std::int64_t classes);

} // namespace prunedamr::graph
