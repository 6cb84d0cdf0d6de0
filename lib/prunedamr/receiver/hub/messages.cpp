// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/hub/messages.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/json_object.h"
#include "prunedamr/base/text.h"
#include "prunedamr/base/time.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace prunedamr::receiver::hub {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<const char*, 9> kTopics{ "receiver", "status", "health", "labels", "snippet", "answer", "stored", "update", "return" };
constexpr std::array<const char*, 4> kResults{ "taken", "refused", "kept", "returned" };
constexpr std::size_t kMaxTextBytes = 4096, kMaxClasses = 10'000, kRunDigits = 16, kHashDigits = 64;
constexpr auto kMax = static_cast<std::int64_t>(kMaxNumber);

bool is_unreserved(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' || c == '~';
}

std::string dump(const Json& json)
{
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// A message that is being read: an object of our version with a run.
class Reader
{
public:
    Reader(const std::string& text, const std::string& where)
        : json_(parse(text, where)), object_(json_, where)
    {
        object_.integer("v", kVersion, kVersion);
    }

    JsonObject& object() { return object_; }

    std::string run() { return digits(object_, "run", kRunDigits); }
    std::uint64_t number(const char* key) { return static_cast<std::uint64_t>(object_.integer(key, 0, kMax)); }
    std::int64_t time(const char* key) { return time_from_rfc3339(short_text(object_, key), object_.where()); }
    std::string text(const char* key) { return short_text(object_, key); }

    ModelName model(bool has_classes, std::vector<std::string>* classes = nullptr)
    {
        JsonObject model(object_.at("model"), object_.where() + ", model");
        ModelName result{ short_text(model, "name"), digits(model, "hash", kHashDigits) };
        if (has_classes) {
            *classes = model.strings("classes");
            if (classes->size() > kMaxClasses)
                model.refuse("classes", "at most " + std::to_string(kMaxClasses));
        }
        return result;
    }

    static std::string short_text(JsonObject& object, const std::string& key)
    {
        std::string text = object.string(key);
        if (text.size() > kMaxTextBytes)
            object.refuse(key, "at most " + std::to_string(kMaxTextBytes) + " bytes");
        return text;
    }

    static std::string digits(JsonObject& object, const std::string& key, std::size_t count)
    {
        std::string text = object.string(key);
        const bool is_hex = std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
        if (text.size() != count || !is_hex)
            object.refuse(key, std::to_string(count) + " hexadecimal digits");
        return text;
    }

private:
    static nlohmann::json parse(const std::string& text, const std::string& where)
    {
        if (text.size() > kMaxMessageBytes)
            throw Error({ "message too long", where, std::to_string(text.size()) + " bytes", "at most " + std::to_string(kMaxMessageBytes) });
        return parse_json(text, where, "a JSON object");
    }

    const nlohmann::json json_;
    JsonObject object_;
};

Event read_event(const nlohmann::json& json, const std::string& where)
{
    JsonObject object(json, where);
    object.integer("v", 2, 1000);
    Event event;
    event.seq = static_cast<std::uint64_t>(object.integer("seq", 0, kMax));
    event.track = object.has("track") ? static_cast<std::uint64_t>(object.integer("track", 0, kMax)) : 0;
    event.time_ns = time_from_rfc3339(Reader::short_text(object, "time"), where);
    event.duration_s = object.number("sample_count", 0.0, static_cast<double>(kMaxNumber)) / object.number("sample_rate_hz", 1e-9, 1e15);
    event.center_freq_hz = object.number("center_freq_hz");
    event.bandwidth_hz = object.number("bandwidth_hz", 0.0);
    event.snr_db = object.optional_number("snr_db");
    static const std::vector<std::string> states{ "signal", "noise", "unknown" };
    event.state = states[object.one_of("state", states)];
    event.label = Reader::short_text(object, "label");
    event.model = Reader::short_text(object, "model");
    event.confidence = object.number("confidence", 0.0, 1.0);
    event.tells_drift = object.has("drift");
    event.json = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return event;
}

Json model_json(const ModelName& model)
{
    return { { "name", model.name }, { "hash", model.hash } };
}

} // namespace

const char* to_string(Topic topic)
{
    return kTopics[static_cast<std::size_t>(topic)];
}

std::optional<Topic> topic_of(std::string_view last_part)
{
    const auto found = std::find(kTopics.begin(), kTopics.end(), last_part);
    return found == kTopics.end() ? std::nullopt : std::optional(static_cast<Topic>(found - kTopics.begin()));
}

const char* to_string(Result result)
{
    return kResults[static_cast<std::size_t>(result)];
}

std::string encoded_name(std::string_view name)
{
    static constexpr char kDigits[] = "0123456789ABCDEF";
    std::string text;
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        text += is_unreserved(c) ? std::string(1, c) : std::string{ '%', kDigits[byte >> 4], kDigits[byte & 15] };
    }
    return text;
}

std::optional<std::string> decoded_name(std::string_view text)
{
    std::string name;
    for (std::size_t i = 0; i < text.size() && name.size() <= kMaxNameBytes; ++i) {
        unsigned byte = static_cast<unsigned char>(text[i]);
        if (text[i] == '%') {
            const char* digits = text.data() + i + 1;
            if (i + 2 >= text.size() || std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2)
                return std::nullopt;
            i += 2;
        }
        name += static_cast<char>(byte);
    }
    if (name.empty() || name.size() > kMaxNameBytes || encoded_name(name) != text)
        return std::nullopt;
    return name;
}

Position parse_position(const std::string& text)
{
    Position position;
    const char* const end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, position.latitude);
    const bool has_comma = first.ec == std::errc() && first.ptr != end && *first.ptr == ',';
    const auto second = has_comma ? std::from_chars(first.ptr + 1, end, position.longitude) : first;
    // The comparisons are false for NaN.
    if (!has_comma || second.ec != std::errc() || second.ptr != end || !(position.latitude >= -90.0 && position.latitude <= 90.0) ||
        !(position.longitude >= -180.0 && position.longitude <= 180.0))
        throw InvalidArgument({ "bad position", "", text, "LATITUDE,LONGITUDE in degrees, -90..90 and -180..180" });
    return position;
}

std::string to_json(const Registration& message)
{
    Json json{ { "v", kVersion }, { "name", message.name }, { "run", message.run }, { "since", rfc3339(message.since_ns) },
               { "version", message.version } };
    if (message.position)
        json["position"] = { { "latitude", message.position->latitude }, { "longitude", message.position->longitude } };
    json["model"] = model_json(message.model);
    json["model"]["classes"] = message.classes;
    json["sequence"] = message.sequence;
    json["keys"] = message.keys;
    return dump(json);
}

std::string to_json(const Health& message)
{
    return dump({ { "v", kVersion }, { "run", message.run }, { "time", rfc3339(message.time_ns) },
                  { "status", Json::parse(message.status) }, { "seq", message.seq ? Json(*message.seq) : Json() },
                  { "waiting", message.waiting }, { "lost", message.lost } });
}

std::string to_json(const Snippet& message)
{
    return dump({ { "v", kVersion }, { "run", message.run }, { "id", message.id }, { "event", Json::parse(message.event) },
                  { "png", to_base64(message.png) } });
}

std::string to_json(const Answer& message)
{
    return dump({ { "v", kVersion }, { "run", message.run }, { "update", message.update }, { "result", to_string(message.result) },
                  { "why", message.why }, { "model", model_json(message.model) }, { "sequence", message.sequence } });
}

std::string to_json(const Stored& message)
{
    return dump({ { "v", kVersion }, { "run", message.run }, { "ranges", message.ranges } });
}

std::string return_json(const std::string& update)
{
    return dump({ { "v", kVersion }, { "update", update } });
}

std::string labels_json(const std::string& run, const std::vector<std::string_view>& lines)
{
    std::string text = "{\"v\":" + std::to_string(kVersion) + ",\"run\":\"" + run + "\",\"events\":[";
    for (const std::string_view line : lines)
        (text += line) += ',';
    text.back() = ']';
    return text += '}';
}

Registration read_registration(const std::string& text, const std::string& where)
{
    Reader reader(text, where);
    Registration message;
    message.name = reader.text("name");
    if (message.name.empty() || message.name.size() > kMaxNameBytes)
        reader.object().refuse("name", "1.." + std::to_string(kMaxNameBytes) + " bytes");
    message.run = reader.run();
    message.since_ns = reader.time("since");
    message.version = reader.text("version");
    if (const auto* position = reader.object().find("position")) {
        JsonObject place(*position, where + ", position");
        message.position = Position{ place.number("latitude", -90.0, 90.0), place.number("longitude", -180.0, 180.0) };
    }
    message.model = reader.model(true, &message.classes);
    message.sequence = reader.number("sequence");
    message.keys = reader.object().strings("keys");
    return message;
}

Health read_health(const std::string& text, const std::string& where)
{
    Reader reader(text, where);
    Health message;
    message.run = reader.run();
    message.time_ns = reader.time("time");
    const auto& status = reader.object().at("status");
    JsonObject(status, where + ", status");
    message.status = status.dump();
    if (reader.object().has("seq"))
        message.seq = reader.number("seq");
    message.waiting = reader.number("waiting");
    message.lost = reader.number("lost");
    return message;
}

Labels read_labels(const std::string& text, const std::string& where)
{
    Reader reader(text, where);
    Labels message{ reader.run(), {} };
    const auto& list = reader.object().list("events");
    if (list.empty() || list.size() > kMaxEvents)
        reader.object().refuse("events", "1.." + std::to_string(kMaxEvents) + " events");
    for (const auto& event : list)
        message.events.push_back(read_event(event, where + ", event " + std::to_string(message.events.size())));
    return message;
}

Snippet read_snippet(const std::string& text, const std::string& where)
{
    Reader reader(text, where);
    Snippet message{ reader.run(), reader.text("id"), {}, {} };
    message.event = read_event(reader.object().at("event"), where + ", event").json;
    const auto png = from_base64(reader.object().string("png"));
    if (!png || png->rfind("\x89PNG\r\n\x1a\n", 0) != 0)
        reader.object().refuse("png", "a PNG picture in base64");
    message.png = *png;
    return message;
}

Answer read_answer(const std::string& text, const std::string& where)
{
    Reader reader(text, where);
    Answer message;
    message.run = reader.run();
    message.update = Reader::digits(reader.object(), "update", kHashDigits);
    message.result = static_cast<Result>(reader.object().one_of("result", { kResults.begin(), kResults.end() }));
    message.why = reader.text("why");
    message.model = reader.model(false);
    message.sequence = reader.number("sequence");
    return message;
}

Stored read_stored(const std::string& text, const std::string& where)
{
    Reader reader(text, where);
    Stored message{ reader.run(), {} };
    const auto& list = reader.object().list("ranges");
    if (list.empty() || list.size() > kMaxRanges)
        reader.object().refuse("ranges", "1.." + std::to_string(kMaxRanges) + " ranges");
    for (const auto& range : list) {
        const auto is_number = [](const nlohmann::json& end) { return end.is_number_unsigned() && end.get<std::uint64_t>() <= kMaxNumber; };
        if (!range.is_array() || range.size() != 2 || !is_number(range[0]) || !is_number(range[1]) || range[0] > range[1])
            reader.object().refuse("ranges", "pairs of first and last seq");
        message.ranges.emplace_back(range[0].get<std::uint64_t>(), range[1].get<std::uint64_t>());
    }
    return message;
}

std::string read_return(const std::string& text, const std::string& where)
{
    Reader reader(text, where);
    return Reader::digits(reader.object(), "update", kHashDigits);
}

} // namespace prunedamr::receiver::hub
