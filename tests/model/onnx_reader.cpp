// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/model/onnx_reader.h"

#include <cstring>
#include <stdexcept>

namespace prunedamr::model {
namespace {

std::uint64_t take_varint(const std::string& from, std::size_t& at)
{
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        const auto byte = static_cast<unsigned char>(from.at(at++));
        value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    throw std::runtime_error("a varint without end");
}

} // namespace

WireMessage::WireMessage(const std::string& encoded)
{
    for (std::size_t at = 0; at < encoded.size();) {
        const std::uint64_t key = take_varint(encoded, at);
        const int field = static_cast<int>(key >> 3);
        if ((key & 7) == 0)
            integers[field].push_back(take_varint(encoded, at));
        else if ((key & 7) == 5) {
            float value = 0.0F;
            std::memcpy(&value, encoded.substr(at, 4).data(), 4);
            reals[field].push_back(value);
            at += 4;
        } else if ((key & 7) == 2) {
            const std::uint64_t size = take_varint(encoded, at);
            if (size > encoded.size() - at)
                throw std::runtime_error("a field is longer than its message");
            bytes[field].push_back(encoded.substr(at, size));
            at += size;
        } else
            throw std::runtime_error("a field of another kind");
    }
}

std::vector<WireMessage> WireMessage::all(int field) const
{
    std::vector<WireMessage> messages;
    if (const auto found = bytes.find(field); found != bytes.end())
        for (const std::string& encoded : found->second)
            messages.emplace_back(encoded);
    return messages;
}

} // namespace prunedamr::model
