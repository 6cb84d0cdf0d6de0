// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/hub/message.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/json_object.h"
#include "prunedamr/base/text.h"
#include "prunedamr/base/time.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace prunedamr::hub {
namespace {

using Json = nlohmann::json;
using receiver::hub::Topic;

constexpr double kMaxHz = 1e13;

Status status_of(const std::string& payload, const std::string& where)
{
    if (payload != "online" && payload != "offline")
        throw Error({ "bad status", where, printable(payload.substr(0, 60)), "online or offline" });
    return { payload == "online" };
}

/// What could be no radio's would be no number of a band either.
Labels checked(Labels labels, const std::string& where)
{
    for (const Event& event : labels.events)
        if (std::abs(event.center_freq_hz) > kMaxHz)
            throw Error({ "bad value of 'center_freq_hz'", where, std::to_string(event.center_freq_hz), range_text(-kMaxHz, kMaxHz) });
    return labels;
}

} // namespace

Message read_message(std::string_view topic, const std::string& payload)
{
    const std::string where(topic);
    if (payload.size() > kMaxBytes)
        throw Error({ "message too large", where, std::to_string(payload.size()) + " bytes", std::to_string(kMaxBytes) + " at most" });
    check_json_depth(payload, where);
    switch (receiver::hub::topic_of(topic).value_or(Topic::stored)) {
    case Topic::labels:
        return checked(receiver::hub::read_labels(payload, where), where);
    case Topic::receiver:
        return receiver::hub::read_registration(payload, where);
    case Topic::status:
        return status_of(payload, where);
    case Topic::health:
        return receiver::hub::read_health(payload, where);
    case Topic::answer:
        return receiver::hub::read_answer(payload, where);
    case Topic::snippet:
        return receiver::hub::read_snippet(payload, where);
    default:
        throw Error({ "no topic of a receiver", where, "", "" });
    }
}

std::optional<Drift> drift_of(const Event& event)
{
    if (!event.tells_drift)
        return std::nullopt;
    const Json json = Json::parse(event.json);
    try {
        JsonObject drift(json.at("drift"), "drift");
        return Drift{ drift.string("quantity"), drift.string_or("of", ""), drift.string_or("change", ""), drift.number_or("expected", 0.0),
                      drift.number_or("found", 0.0) };
    } catch (const Error&) {
        return std::nullopt;
    }
}

std::int64_t time_us(const std::string& event_json)
{
    return time_from_rfc3339(Json::parse(event_json).at("time").get<std::string>(), "event") / 1000;
}

std::vector<std::string> stored_messages(const std::string& run, const std::vector<std::uint64_t>& seqs)
{
    std::vector<receiver::hub::Range> ranges;
    for (const std::uint64_t seq : seqs) {
        if (!ranges.empty() && ranges.back().second + 1 >= seq)
            ranges.back().second = seq;
        else
            ranges.emplace_back(seq, seq);
    }
    std::vector<std::string> messages;
    for (std::size_t first = 0; first < ranges.size(); first += receiver::hub::kMaxRanges) {
        const auto begin = ranges.begin() + static_cast<std::ptrdiff_t>(first);
        const auto end = begin + static_cast<std::ptrdiff_t>(std::min(ranges.size() - first, receiver::hub::kMaxRanges));
        messages.push_back(to_json(receiver::hub::Stored{ run, { begin, end } }));
    }
    return messages;
}

} // namespace prunedamr::hub
