// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/label_event.h"
#include "prunedamr/systems/matcher.h"

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
    if (event.evidence.count > 0) // what nobody asked for has no key
        visit("evidence", EvidenceList{ &event.evidence });
}

} // namespace prunedamr::stream
