// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/label_event.h"

#include "prunedamr/base/time.h"
#include "prunedamr/stream/label_event_fields.h"

#include <nlohmann/json.hpp>

#include <charconv>
#include <cmath>
#include <type_traits>

namespace prunedamr::stream {
namespace {

static_assert(std::is_trivially_copyable_v<LabelEvent>, "events travel through lock-free queues");

class JsonLine
{
public:
    template <typename Value> void operator()(const char* name, const Value& value)
    {
        text_ += text_.empty() ? "{\"" : ",\"";
        text_ += name;
        text_ += "\":";
        append(value);
    }

    std::string finish() { return std::move(text_ += '}'); }

private:
    template <typename Number, std::enable_if_t<std::is_arithmetic_v<Number>, int> = 0> void append(Number number)
    {
        if constexpr (std::is_floating_point_v<Number>)
            if (!std::isfinite(number)) {
                text_ += "null";
                return;
            }
        char digits[32];
        text_.append(digits, std::to_chars(digits, digits + sizeof(digits), number).ptr);
    }

    /// Text may have been cut within a UTF-8 sequence: what is broken is replaced.
    void append(std::string_view text)
    {
        text_ += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    }

    void append(TimeStamp time) { append(std::string_view(rfc3339(time.ns))); }

    void append(TopList top)
    {
        text_ += '[';
        for (int i = 0; i < top.count; ++i) {
            text_ += i ? ",[" : "[";
            append(top.first[i].label.view());
            text_ += ',';
            append(top.first[i].probability);
            text_ += ']';
        }
        text_ += ']';
    }

    std::string text_;
};

} // namespace

const char* to_string(State state)
{
    switch (state) {
    case State::signal:
        return "signal";
    case State::noise:
        return "noise";
    case State::unknown:
        break;
    }
    return "unknown";
}

const char* to_string(TimeSource source)
{
    switch (source) {
    case TimeSource::hw:
        return "hw";
    case TimeSource::file:
        return "file";
    case TimeSource::system:
        break;
    }
    return "system";
}

std::string to_json_line(const LabelEvent& event)
{
    JsonLine line;
    visit_fields(event, line);
    return line.finish();
}

} // namespace prunedamr::stream
