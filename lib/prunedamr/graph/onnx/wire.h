// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

namespace prunedamr::graph::onnx {

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
