// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/error.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What receivers say (receiver/hub/messages.h), read from bytes that anybody may have sent: what a hub goes by must be right, and
/// what else is there is let through, for later receivers say more.
namespace prunedamr::hub {

inline constexpr std::size_t kMaxBytes = 1 << 20; ///< of a message

struct Drift {
    std::string quantity, of, change;
    double expected = 0.0, found = 0.0;
};

struct Label {
    std::int64_t seq = 0;
    std::int64_t time_us = 0; ///< since 1970, UTC
    double center_freq_hz = 0.0, bandwidth_hz = 0.0;
    std::string label, state;
    double confidence = 0.0;
    std::optional<double> snr_db;
    std::optional<Drift> drift;
    std::string event; ///< the whole JSON
};

struct Labels {
    std::string run;
    std::vector<Label> labels;
};

struct Registration {
    std::string run, json;
};

struct Status {
    bool is_online = false;
};

struct Health {
    std::string run, json;
};

struct Answer {
    std::string run, update; ///< SHA-256 of the update, in hexadecimal
    std::string result;      ///< taken, refused, kept, returned
    std::string why;
    std::int64_t sequence = 0;
};

struct Snippet {
    std::string run, id, event, png;
    std::int64_t time_us = 0;
};

using Message = std::variant<Labels, Registration, Status, Health, Answer, Snippet>;

/// `topic`: the part behind the name: "labels", "receiver", ... Throws `Error` for what is no such message, of another
/// version, too large or absurd.
Message read_message(std::string_view topic, const std::string& payload);

/// The acknowledgements of what is committed, of sequence numbers that are sorted: one message, or several where they have many gaps.
std::vector<std::string> stored_messages(const std::string& run, const std::vector<std::int64_t>& seqs);

} // namespace prunedamr::hub
