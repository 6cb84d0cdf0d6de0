// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/graph/network.h"

#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::graph {

struct ZooConfig {
    std::string arch;                 ///< one of `architectures()`
    std::int64_t length = 1024;       ///< complex samples of the input frame
    std::int64_t classes = 2;         ///< at least 2
    std::uint64_t seed = 1;           ///< of the initial weights
    std::vector<int> units_per_stage; ///< empty: the architecture's own depth
};

struct Architecture {
    const char* name;
    const char* description; ///< one line for help texts
};

/// Names that `make_network` accepts: the papers' resnet56, resnet110, vgg16, cnn1d and ulcnn; dense; and this
/// project's own 1-D residual networks amr_s, amr_m, amr_l and, of separable convs, amr_xs, amr_ds_s, amr_ds_m,
/// amr_lk.
/// MCLDNN is not among them: its LSTMs would need a recurrent operation, which the graph has not.
PRUNEDAMR_API const std::vector<Architecture>& architectures();

/// A new network with initial weights. Throws `Error` for an unknown name or a frame too short for its strides.
PRUNEDAMR_API Network make_network(const ZooConfig& config);

} // namespace prunedamr::graph
