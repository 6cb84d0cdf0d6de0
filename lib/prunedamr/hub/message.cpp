// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/hub/message.h"

#include "prunedamr/base/json_object.h"
#include "prunedamr/base/text.h"
#include "prunedamr/base/time.h"
#include "prunedamr/receiver/hub/messages.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>

namespace prunedamr::hub {
namespace {

using Json = nlohmann::json;

constexpr int kMaxDepth = 16;
constexpr double kMaxHz = 1e13;
constexpr std::size_t kMaxLabels = 5000, kMaxLabelTextBytes = 200, kMaxPngBytes = 256 << 10;

bool is_hex(const std::string& text, std::size_t digits)
{
    return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string short_text(JsonObject& object, const std::string& key)
{
    std::string text = object.string(key);
    if (text.size() > kMaxLabelTextBytes || text.find('\0') != std::string::npos)
        object.refuse(key, "a short text");
    return text;
}

std::string run_of(JsonObject& object)
{
    std::string run = object.string("run");
    if (!is_hex(run, 16))
        object.refuse("run", "16 hexadecimal digits");
    return run;
}

std::optional<Drift> drift_of(JsonObject& event)
{
    const Json* json = event.find("drift");
    if (!json || json->empty())
        return std::nullopt;
    JsonObject object(*json, "drift");
    return Drift{ short_text(object, "quantity"), object.has("of") ? short_text(object, "of") : "",
                  object.has("change") ? short_text(object, "change") : "", object.number_or("expected", 0.0), object.number_or("found", 0.0) };
}

Label label_of(const Json& json)
{
    JsonObject event(json, "event");
    static const std::vector<std::string> states{ "signal", "noise", "unknown" };
    Label label;
    label.seq = event.integer("seq", 0);
    label.time_us = time_from_rfc3339(event.string("time"), "event") / 1000;
    label.center_freq_hz = event.number("center_freq_hz", -kMaxHz, kMaxHz);
    label.bandwidth_hz = event.number("bandwidth_hz", 0.0, kMaxHz);
    label.label = short_text(event, "label");
    label.state = states[event.one_of("state", states)];
    label.confidence = event.number_or("confidence", 0.0, 0.0, 1.0);
    label.snr_db = event.optional_number("snr_db", -300.0, 300.0);
    label.drift = drift_of(event);
    label.event = json.dump();
    return label;
}

Labels labels_of(JsonObject& object)
{
    Labels result{ run_of(object), {} };
    const Json& events = object.list("events");
    if (events.size() > kMaxLabels)
        object.refuse("events", "at most " + std::to_string(kMaxLabels));
    for (const Json& event : events)
        result.labels.push_back(label_of(event));
    return result;
}

Answer answer_of(JsonObject& object)
{
    static const std::vector<std::string> results{ "taken", "refused", "kept", "returned" };
    Answer answer{ run_of(object), object.string("update"), results[object.one_of("result", results)],
                   object.has("why") ? short_text(object, "why") : "", 0 };
    if (!is_hex(answer.update, 64))
        object.refuse("update", "SHA-256, 64 hexadecimal digits");
    answer.sequence = object.has("sequence") ? object.integer("sequence", 0) : 0;
    return answer;
}

Snippet snippet_of(JsonObject& object)
{
    Snippet snippet{ run_of(object), short_text(object, "id"), "", "", 0 };
    const Label label = label_of(object.at("event"));
    snippet.time_us = label.time_us;
    snippet.event = label.event;
    const auto png = object.has("png") ? from_base64(object.string("png")) : std::string();
    if (!png || png->size() > kMaxPngBytes || (!png->empty() && png->rfind("\x89PNG\r\n\x1a\n", 0) != 0))
        object.refuse("png", "a small PNG in base64");
    snippet.png = *png;
    return snippet;
}

/// Its parts are looked at where they are used; here only that they are what they should be.
void check_registration(JsonObject& object)
{
    short_text(object, "name");
    if (const Json* position = object.find("position")) {
        JsonObject place(*position, "position");
        place.number("latitude", -90.0, 90.0);
        place.number("longitude", -180.0, 180.0);
    }
    if (const Json* model = object.find("model")) {
        JsonObject inner(*model, "model");
        short_text(inner, "name");
        short_text(inner, "hash");
    }
    if (object.has("sequence"))
        object.integer("sequence", 0);
    if (object.has("keys"))
        object.strings("keys");
}

/// Of the brackets in a JSON text.
int depth_of(std::string_view text)
{
    int depth = 0, deepest = 0;
    bool is_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (is_string && c == '\\')
            ++i;
        else if (c == '"')
            is_string = !is_string;
        else if (!is_string && (c == '[' || c == '{'))
            deepest = std::max(deepest, ++depth);
        else if (!is_string && (c == ']' || c == '}'))
            --depth;
    }
    return deepest;
}

void check_version(JsonObject& object)
{
    if (object.integer("v") != receiver::hub::kVersion)
        object.refuse("v", std::to_string(receiver::hub::kVersion));
}

} // namespace

Message read_message(std::string_view topic, const std::string& payload)
{
    const std::string where(topic);
    if (payload.size() > kMaxBytes)
        throw Error({ "message too large", where, std::to_string(payload.size()) + " bytes", "" });
    if (topic == "status") {
        if (payload != "online" && payload != "offline")
            throw Error({ "bad status", where, printable(payload.substr(0, 60)), "online or offline" });
        return Status{ payload == "online" };
    }
    if (depth_of(payload) > kMaxDepth) // which would take as much of the stack
        throw Error({ "too deep", where, "", std::to_string(kMaxDepth) + " levels at most" });
    const Json json = Json::parse(payload, nullptr, false);
    if (json.is_discarded())
        throw Error({ "this is no JSON", where, printable(payload.substr(0, 60)), "" });
    JsonObject object(json, where);
    check_version(object);
    if (topic == "labels")
        return labels_of(object);
    if (topic == "receiver") {
        check_registration(object);
        return Registration{ run_of(object), json.dump() };
    }
    if (topic == "health") {
        object.at("status");
        return Health{ run_of(object), json.dump() };
    }
    if (topic == "answer")
        return answer_of(object);
    if (topic == "snippet")
        return snippet_of(object);
    throw Error({ "unknown topic", where, "", "labels, receiver, status, health, answer or snippet" });
}

std::vector<std::string> stored_messages(const std::string& run, const std::vector<std::int64_t>& seqs)
{
    std::vector<receiver::hub::Range> ranges;
    for (const std::int64_t seq : seqs) {
        const auto number = static_cast<std::uint64_t>(seq);
        if (!ranges.empty() && ranges.back().second + 1 >= number)
            ranges.back().second = number;
        else
            ranges.emplace_back(number, number);
    }
    std::vector<std::string> messages;
    for (std::size_t first = 0; first < ranges.size(); first += receiver::hub::kMaxRanges) {
        const auto begin = ranges.begin() + static_cast<std::ptrdiff_t>(first);
        const auto end = begin + static_cast<std::ptrdiff_t>(std::min(ranges.size() - first, receiver::hub::kMaxRanges));
        messages.push_back(receiver::hub::to_json(receiver::hub::Stored{ run, { begin, end } }));
    }
    return messages;
}

} // namespace prunedamr::hub
