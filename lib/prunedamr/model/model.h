// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/graph/network.h"
#include "prunedamr/model/model_info.h"

#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::model {

/// One input and the logits it must give: the model's proof that it computes here what it computed at home.
struct Golden {
    std::vector<float> input;  ///< [2, length]; empty when there is none
    std::vector<float> logits; ///< [classes]
};

/// A network and what a receiver must know of it. A plain value: copy it, change it, `validate` it.
struct Model {
    ModelInfo info;
    graph::Network network;
    Golden golden;
};

/// Checks network and info, that they fit each other (frame length, logits as many as labels), and the golden
/// vector's sizes and values. Throws `Error` naming model or node.
PRUNEDAMR_API void validate(const Model& model);

/// Gives the model a golden vector: a seeded noise-plus-tone frame of unit RMS and the logits it gives.
PRUNEDAMR_API void make_golden(Model& model, std::uint64_t seed = 1);

/// The model with another network in place of its own: without golden vector and accuracy, which are no longer
/// true.
PRUNEDAMR_API Model with_network(Model model, graph::Network network);

/// Shrinks the model to the classes of `labels` (two or more, in any order) as `graph::keep_classes` does; labels
/// and families follow. Throws `Error` for a label that the model does not have or one named twice.
PRUNEDAMR_API Model keep_classes(const Model& model, const std::vector<std::string>& labels);

/// What `make_model` makes.
struct NewModel {
    std::string arch;                 ///< one of `graph::architectures()`; also the model's name
    FrontEndSpec front_end;           ///< frame_length is the input length
    std::vector<std::string> labels;  ///< class names, at least 2
    std::uint64_t seed = 1;           ///< of the initial weights
    std::vector<int> units_per_stage; ///< empty: the architecture's own depth
};

/// A new model of the zoo: initial weights, families by the table of classes, the default decision, no golden
/// vector. Throws `Error` as `graph::make_network` and `validate` do.
PRUNEDAMR_API Model make_model(const NewModel& wanted);

} // namespace prunedamr::model
