// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/receiver/hub/messages.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What receivers say (receiver/hub/messages.h), as it comes to a hub: bytes that anybody may have sent.
namespace prunedamr::hub {

inline constexpr std::size_t kMaxBytes = 1 << 20; ///< of a message

using receiver::hub::Answer;
using receiver::hub::Event;
using receiver::hub::Health;
using receiver::hub::Labels;
using receiver::hub::Registration;
using receiver::hub::Snippet;
struct Status {
    bool is_online = false;
};
using Message = std::variant<Labels, Registration, Status, Health, Answer, Snippet>;

/// `topic`: the part behind the name: "labels", "receiver", ... Throws `Error` for what is no such message, of another
/// version, too large, too deep or absurd.
Message read_message(std::string_view topic, const std::string& payload);

struct Drift {
    std::string quantity, of, change;
    double expected = 0.0, found = 0.0;
};
std::optional<Drift> drift_of(const Event& event);    ///< none too where it is told in another form
std::int64_t time_us(const std::string& event_json); ///< of a label event that was read

/// The acknowledgements of what is committed, of sequence numbers that are sorted: one message, or several where they have many gaps.
std::vector<std::string> stored_messages(const std::string& run, const std::vector<std::uint64_t>& seqs);

} // namespace prunedamr::hub
