// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/time.h"
#include "prunedamr/stream/label_event.h"
#include "prunedamr/systems/matcher.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace prunedamr::stream {

/// `time` as it travels: the visitor formats it with `rfc3339`.
struct TimeStamp {
    std::int64_t ns;
};

/// `top` as it travels: [[label, probability], ...].
struct TopList {
    const LabelEvent::Candidate* first;
    int count;
};

/// `measured` and `measured_error` as they travel: an object of those quantities that were measured, each by
/// `measure::quantity_name`.
struct MeasuredList {
    const measure::Numbers* numbers;
    bool is_error;

    template <typename Each> void for_each(Each&& each) const
    {
        for (int i = 0; i < measure::kQuantities; ++i)
            if (const auto& number = (*numbers)[static_cast<measure::Quantity>(i)])
                each(measure::quantity_name(static_cast<measure::Quantity>(i)), is_error ? number->error : number->value);
    }
};

/// `candidates` as they travel: [{"system": name, "fits": [...], "not": [...]}, ...], of what was compared by
/// `systems::aspect_name`.
struct CandidateList {
    const LabelEvent::SystemCandidate* first;
    int count;

    template <typename Each> static void for_each_aspect(std::uint32_t aspects, Each&& each)
    {
        for (int i = 0; i < systems::kAspects; ++i)
            if (aspects >> i & 1u)
                each(std::string_view(systems::aspect_name(i)));
    }
};

/// `evidence` as it travels: {"symbols": [[I, Q], ...]} or {"phase_advances": [cycles, ...]}.
struct EvidenceList {
    const LabelEvent::Evidence* evidence;

    bool has_pairs() const { return evidence->kind == LabelEvent::Evidence::Kind::symbols; }
    const char* name() const { return has_pairs() ? "symbols" : "phase_advances"; }
    int count() const { return evidence->count; }
    double i(int k) const { return evidence->points[k].i / LabelEvent::Evidence::kSteps; }
    double q(int k) const { return evidence->points[k].q / LabelEvent::Evidence::kSteps; }
};

/// `drift` as it travels: {"quantity": name, "of": label or "", "change": word, "expected": 0..1, "found": 0..1}.
struct DriftNote {
    const LabelEvent::Drift* drift;

    template <typename Each> void for_each_text(Each&& each) const
    {
        each("quantity", std::string_view(drift->quantity));
        each("of", drift->of.view());
        each("change", std::string_view(drift->change));
    }
    template <typename Each> void for_each_number(Each&& each) const
    {
        each("expected", static_cast<double>(drift->expected));
        each("found", static_cast<double>(drift->found));
    }
};

/// Calls `visit(name, value)` for every key in the order of the wire. JSON, PMT and documentation are all made from
/// this one list.
template <typename Visitor> void visit_fields(const LabelEvent& event, Visitor&& visit)
{
    visit("v", LabelEvent::kVersion);
    visit("source", event.source.view());
    visit("seq", event.seq);
    visit("track", event.track);
    visit("visit", event.visit);
    visit("time", TimeStamp{ event.time_ns });
    visit("time_source", std::string_view(to_string(event.time_source)));
    visit("sample_start", event.sample_start);
    visit("sample_count", event.sample_count);
    visit("sample_rate_hz", event.sample_rate_hz);
    visit("center_freq_hz", event.center_freq_hz);
    visit("bandwidth_hz", event.bandwidth_hz);
    visit("snr_db", event.snr_db);
    visit("power_dbfs", event.power_dbfs);
    visit("state", std::string_view(to_string(event.state)));
    visit("label", event.label.view());
    visit("family", event.family.view());
    visit("confidence", event.confidence);
    visit("top", TopList{ event.top.data(), event.top_count });
    visit("measured", MeasuredList{ &event.measured, false });
    visit("measured_error", MeasuredList{ &event.measured, true });
    visit("candidates", CandidateList{ event.candidates.data(), event.candidate_count });
    visit("model", event.model.view());
    visit("dropped_frames", event.dropped_frames);
    visit("overflows", event.overflows);
    visit("clipped", event.clipped);
    visit("note", event.note.view());
    if (event.drift) // what is not there, or nobody asked for, has no key
        visit("drift", DriftNote{ &event.drift });
    if (event.evidence.count > 0)
        visit("evidence", EvidenceList{ &event.evidence });
}

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
/// (`top1`, `top1_probability`, `symbol_rate_hz`, `symbol_rate_hz_error`), of drift its quantity, but for the evidence: the
/// same names for every event. Allocates nothing.
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
        } else if constexpr (!std::is_same_v<std::decay_t<decltype(value)>, EvidenceList> &&
                             !std::is_same_v<std::decay_t<decltype(value)>, DriftNote>) {
            visit(name, cell_of(value));
        }
    });
    visit("drift", cell_of(std::string_view(event.drift.quantity)));
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
