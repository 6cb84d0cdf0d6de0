// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace prunedamr::graph::onnx {

inline constexpr std::int64_t kOpset = 13;    ///< of the operators used
inline constexpr std::int64_t kIrVersion = 7; ///< of the file format, as of ONNX 1.8, which brought opset 13

/// One operator; values are named, an initializer is a value too.
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
struct Initializer {
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
    std::map<std::string, Initializer> initializers;
    Port input, output;
    std::map<std::string, std::string> metadata;
};

/// The bytes of a ModelProto (https://github.com/onnx/onnx/blob/v1.8.0/onnx/onnx.proto).
std::string serialize(const Model& model);

/// Protocol buffers' wire format, as much of it as an ONNX file needs: a message is the concatenation of its
/// fields, each a key (field number, kind) and a value. https://protobuf.dev/programming-guides/encoding
class Wire
{
public:
    Wire& integer(int field, std::int64_t value)
    {
        key(field, 0);
        varint(static_cast<std::uint64_t>(value));
        return *this;
    }

    Wire& real(int field, float value)
    {
        key(field, 5);
        char bytes[sizeof value];
        std::memcpy(bytes, &value, sizeof value); // hosts here are little-endian, as the format is
        bytes_.append(bytes, sizeof value);
        return *this;
    }

    /// Text, raw bytes, or the bytes of an inner message.
    Wire& bytes(int field, const std::string& value)
    {
        key(field, 2);
        varint(value.size());
        bytes_ += value;
        return *this;
    }

    Wire& message(int field, const Wire& inner) { return bytes(field, inner.bytes_); }

    const std::string& str() const { return bytes_; }

private:
    void key(int field, int kind) { varint(static_cast<std::uint64_t>(field) << 3 | static_cast<unsigned>(kind)); }

    void varint(std::uint64_t value)
    {
        for (; value >= 0x80; value >>= 7)
            bytes_ += static_cast<char>(value | 0x80);
        bytes_ += static_cast<char>(value);
    }

    std::string bytes_;
};

} // namespace prunedamr::graph::onnx
