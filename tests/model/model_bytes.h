// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/model/model.h"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>

namespace prunedamr::model {

/// The model of `graph::tiny_net`, with labels BPSK and OOK.
Model tiny_model();

/// A file name that no other test uses.
std::string temporary_path(const std::string& extension = ".safetensors");

/// A saved model as bytes, taken apart.
struct ModelBytes {
    nlohmann::json header; ///< of the safetensors container
    std::string data;      ///< the tensors' bytes

    explicit ModelBytes(const Model& model);
    /// Edits the graph description inside the header.
    ModelBytes& edit_graph(const std::function<void(nlohmann::json&)>& edit);
    ModelBytes& set_graph_text(const std::string& text);
    /// Overwrites one float of a tensor.
    ModelBytes& poke(const std::string& tensor, std::size_t index, float value);
    std::string bytes() const;
};

/// A container of a header text and data, its length field as given.
std::string container(const std::string& header, const std::string& data, std::uint64_t declared_length);

/// Loads a model from bytes through a file.
Model load_bytes(const std::string& bytes);

} // namespace prunedamr::model
