// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace prunedamr::model {

/// A protocol-buffers message taken apart, by field number: the plain opposite of the writer.
struct WireMessage {
    std::map<int, std::vector<std::uint64_t>> integers;
    std::map<int, std::vector<float>> reals;
    std::map<int, std::vector<std::string>> bytes; ///< texts, tensors' data, inner messages

    /// Throws std::runtime_error when `encoded` is not a message.
    explicit WireMessage(const std::string& encoded);

    std::string text(int field) const { return bytes.at(field).at(0); }
    WireMessage inner(int field, std::size_t index = 0) const { return WireMessage(bytes.at(field).at(index)); }
    std::vector<WireMessage> all(int field) const;
};

} // namespace prunedamr::model
