// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace prunedamr::graph::onnx {

inline constexpr std::int64_t kOpset = 13;    ///< of the operators used
inline constexpr std::int64_t kIrVersion = 7; ///< of the file format, as of ONNX 1.8, which brought opset 13

/// One operator; values are named, an initialiser is a value too.
struct Operator {
    std::string type; ///< "Conv", "Gemm", ...
    std::string name;
    std::vector<std::string> inputs, outputs;     ///< an empty input is one left out
    std::map<std::string, std::int64_t> integers; ///< attributes
    std::map<std::string, std::vector<std::int64_t>> lists;
    std::map<std::string, float> reals;
    std::map<std::string, std::string> texts;
};

/// A constant: float32 if `reals` holds its values, else int64.
struct Initialiser {
    std::vector<std::int64_t> shape;
    std::vector<float> reals;
    std::vector<std::int64_t> integers;
};

/// Input or output; the first extent, the batch, is free.
struct Port {
    std::string name;
    std::vector<std::int64_t> frame_shape; ///< without the batch
};

struct Model {
    std::string name;
    std::vector<Operator> operators; ///< in topological order
    std::map<std::string, Initialiser> initialisers;
    Port input, output;
    std::map<std::string, std::string> metadata;
};

/// The bytes of a ModelProto (https://github.com/onnx/onnx/blob/v1.8.0/onnx/onnx.proto).
std::string serialise(const Model& model);

} // namespace prunedamr::graph::onnx
