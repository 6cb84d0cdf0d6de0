// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/model/model.h"

#include <string>
#include <utility>

namespace prunedamr::model {

/// A model of the network: labels "class0", "class1", ..., each its own family, frames cut as they come.
inline Model model_of(graph::Network network)
{
    Model model;
    model.info.name = "test";
    for (std::int64_t c = 0; c < network.classes(); ++c)
        model.info.labels.push_back("class" + std::to_string(c));
    model.info.families = model.info.labels;
    model.info.front_end.kind = FrontEndSpec::Kind::as_is;
    model.info.front_end.frame_length = model.info.front_end.block_length = static_cast<int>(network.length);
    model.network = std::move(network);
    return model;
}

} // namespace prunedamr::model
