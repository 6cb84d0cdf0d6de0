// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/time.h"
#include "prunedamr/stream/label_event_fields.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace prunedamr::stream {

/// A field of an event as tables, time series and conditions know it: flat, and without a value where there is
/// none.
using Cell = std::variant<std::monostate, std::int64_t, std::uint64_t, float, double, std::string_view, TimeStamp>;

template <typename Value> Cell cell_of(const Value& value)
{
    if constexpr (std::is_floating_point_v<Value>)
        return std::isfinite(value) ? Cell(value) : Cell();
    else if constexpr (std::is_signed_v<Value>)
        return Cell(static_cast<std::int64_t>(value));
    else if constexpr (std::is_unsigned_v<Value>)
        return Cell(static_cast<std::uint64_t>(value));
    else
        return Cell(value);
}

/// "symbol_rate_hz_error"
const char* error_name(measure::Quantity quantity) noexcept;

/// Calls `visit(name, cell)` for every field in the order of the wire, those of nested ones under names of their
/// own
/// (`top1`, `top1_probability`, `symbol_rate_hz`, `symbol_rate_hz_error`), but for the evidence: the same names for
/// every event. Allocates nothing.
template <typename Visitor> void visit_cells(const LabelEvent& event, Visitor&& visit)
{
    static constexpr const char* kTopNames[][2] = { { "top1", "top1_probability" },
                                                    { "top2", "top2_probability" },
                                                    { "top3", "top3_probability" } };
    static_assert(std::size(kTopNames) == LabelEvent::kTop);
    visit_fields(event, [&](const char* name, const auto& value) {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, TopList>) {
            for (int i = 0; i < LabelEvent::kTop; ++i) {
                const bool is_there = i < value.count;
                visit(kTopNames[i][0], is_there ? cell_of(value.first[i].label.view()) : Cell());
                visit(kTopNames[i][1], is_there ? cell_of(value.first[i].probability) : Cell());
            }
        } else if constexpr (std::is_same_v<std::decay_t<decltype(value)>, CandidateList>) {
            static constexpr const char* kNames[] = { "candidate1", "candidate2", "candidate3" };
            static_assert(std::size(kNames) == LabelEvent::kTop);
            for (int i = 0; i < LabelEvent::kTop; ++i)
                visit(kNames[i], i < value.count ? cell_of(value.first[i].system.view()) : Cell());
        } else if constexpr (std::is_same_v<std::decay_t<decltype(value)>, MeasuredList>) {
            for (int i = 0; i < measure::kQuantities; ++i) {
                const auto quantity = static_cast<measure::Quantity>(i);
                const auto& number = (*value.numbers)[quantity];
                visit(value.is_error ? error_name(quantity) : measure::quantity_name(quantity),
                      number ? cell_of(value.is_error ? number->error : number->value) : Cell());
            }
        } else if constexpr (!std::is_same_v<std::decay_t<decltype(value)>, EvidenceList>) {
            visit(name, cell_of(value));
        }
    });
}

/// Appends the shortest number that reads back the same, the text itself, the time as RFC 3339, or nothing.
inline void append_text(std::string& text, const Cell& cell)
{
    std::visit(
        [&](const auto& value) {
            using Value = std::decay_t<decltype(value)>;
            if constexpr (std::is_same_v<Value, std::string_view>) {
                text += value;
            } else if constexpr (std::is_same_v<Value, TimeStamp>) {
                text += rfc3339(value.ns);
            } else if constexpr (std::is_arithmetic_v<Value>) {
                char digits[32];
                text.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
            }
        },
        cell);
}

} // namespace prunedamr::stream
