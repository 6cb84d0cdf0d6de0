// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/zoo/stages.h"

namespace prunedamr::graph {

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

} // namespace prunedamr::graph
