// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/label_event.h"

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

/// Calls `visit(name, value)` for every key in the order of the wire. JSON, PMT and documentation are all made from
/// this one list.
template <typename Visitor> void visit_fields(const LabelEvent& event, Visitor&& visit)
{
    visit("v", LabelEvent::kVersion);
    visit("source", event.source.view());
    visit("seq", event.seq);
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
    visit("model", event.model.view());
    visit("dropped_frames", event.dropped_frames);
    visit("overflows", event.overflows);
    visit("clipped", event.clipped);
    visit("note", event.note.view());
}

} // namespace prunedamr::stream
