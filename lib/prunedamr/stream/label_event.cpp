// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/label_event.h"

#include "prunedamr/base/time.h"
#include "prunedamr/stream/label_event_fields.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <type_traits>
#include <utility>

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

    void append(MeasuredList list)
    {
        text_ += '{';
        const char* comma = "";
        list.for_each([&](const char* name, double number) {
            text_ += fmt::format("{}\"{}\":", std::exchange(comma, ","), name);
            append(number);
        });
        text_ += '}';
    }

    void append(CandidateList list)
    {
        text_ += '[';
        for (int i = 0; i < list.count; ++i) {
            text_ += i ? ",{\"system\":" : "{\"system\":";
            append(list.first[i].system.view());
            append_aspects(",\"fits\":[", list.first[i].fits);
            append_aspects(",\"not\":[", list.first[i].misses);
            text_ += '}';
        }
        text_ += ']';
    }

    void append_aspects(const char* opening, std::uint32_t aspects)
    {
        text_ += opening;
        const char* comma = "";
        CandidateList::for_each_aspect(aspects, [&](std::string_view name) {
            text_ += fmt::format("{}\"{}\"", std::exchange(comma, ","), name);
        });
        text_ += ']';
    }

    void append(DriftNote note)
    {
        text_ += '{';
        const char* comma = "";
        const auto write = [&](const char* name, const auto& value) {
            text_ += fmt::format("{}\"{}\":", std::exchange(comma, ","), name);
            append(value);
        };
        note.for_each_text(write);
        note.for_each_number(write);
        text_ += '}';
    }

    void append(EvidenceList list)
    {
        text_ += fmt::format("{{\"{}\":[", list.name());
        for (int k = 0; k < list.count(); ++k) {
            text_ += k ? "," : "";
            text_ += list.has_pairs() ? fmt::format("[{:.3f},{:.3f}]", list.i(k), list.q(k)) : fmt::format("{:.3f}", list.i(k));
        }
        text_ += "]}";
    }

    std::string text_;
};

/// Three digits and a unit: 10.0 kBd.
std::string with_unit(double value, const char* unit)
{
    static constexpr struct {
        double size;
        const char* prefix;
    } prefixes[] = { { 1e9, "G" }, { 1e6, "M" }, { 1e3, "k" }, { 1.0, "" }, { 1e-3, "m" }, { 1e-6, "u" } };
    const auto* prefix = std::find_if(std::begin(prefixes), std::end(prefixes) - 1,
                                      [&](const auto& p) { return std::fabs(value) >= 0.9995 * p.size; });
    const double number = value / prefix->size;
    const int digits = std::fabs(number) < 9.995 ? 2 : std::fabs(number) < 99.95 ? 1 : 0;
    return fmt::format("{:.{}f} {}{}", number, digits, prefix->prefix, unit);
}

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

std::string to_text(const measure::Numbers& measured)
{
    using measure::Quantity;
    static constexpr struct {
        Quantity quantity;
        const char* name;
        const char* unit; ///< null: a bare number, of `digits` after the point
        int digits;
    } shown[] = { { Quantity::symbol_rate_hz, "", "Bd", 0 },
                  { Quantity::chip_rate_hz, "", "chip/s", 0 },
                  { Quantity::deviation_hz, "dev ", "Hz", 0 },
                  { Quantity::modulation_index, "h ", nullptr, 2 },
                  { Quantity::bt, "BT ", nullptr, 1 },
                  { Quantity::roll_off, "roll-off ", nullptr, 2 },
                  { Quantity::subcarrier_spacing_hz, "spacing ", "Hz", 0 },
                  { Quantity::cyclic_prefix_s, "CP ", "s", 0 },
                  { Quantity::spreading_factor, "SF ", nullptr, 0 },
                  { Quantity::chirp_rate_hz_per_s, "slope ", "Hz/s", 0 },
                  { Quantity::depth, "depth ", nullptr, 2 },
                  { Quantity::audio_bandwidth_hz, "audio ", "Hz", 0 },
                  { Quantity::duty, "duty ", nullptr, 2 } };
    std::string text;
    for (const auto& row : shown)
        if (const auto& number = measured[row.quantity]) {
            text += text.empty() ? "" : "  ";
            text += row.name;
            text += row.unit ? with_unit(number->value, row.unit) : fmt::format("{:.{}f}", number->value, row.digits);
        }
    return text;
}

std::string to_text_line(const LabelEvent& event)
{
    const auto& carrier = event.measured[measure::Quantity::carrier_hz];
    std::string line =
        fmt::format("{:.3f} MHz  {}", 1e-6 * (carrier ? carrier->value : event.center_freq_hz), event.label.view());
    if (const std::string measured = to_text(event.measured); !measured.empty())
        line += "  " + measured;
    if (std::isfinite(event.snr_db))
        line += fmt::format("  {:.0f} dB", event.snr_db);
    return line + fmt::format("  {:.2f}", event.confidence);
}

} // namespace prunedamr::stream
