// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/data/recording/sigmf_meta.h"

#include "prunedamr/base/error.h"
#include "prunedamr/data/recording/rfc3339.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace prunedamr::data {
namespace {

using nlohmann::json;

/// The list under `key`; empty when absent.
const json& list(const SigmfObject& meta, const char* key)
{
    static const json none = json::array();
    const json* entry = meta.find(key);
    if (entry && !entry->is_array())
        throw Error({ std::string("bad ") + key, meta.where(), entry->type_name(), "array" });
    return entry ? *entry : none;
}

/// An extension that its writer holds to be necessary. What we read, samples and core fields, stays readable.
void note_needed_extensions(const SigmfObject& global, SigmfNotes& notes)
{
    const json* extensions = global.find("core:extensions");
    if (!extensions || !extensions->is_array()) // version 0.0.1 had an object of versions
        return;
    for (const auto& extension : *extensions) {
        const bool needed = extension.is_object() && extension.value("optional", json(true)) == json(false);
        const json name = needed ? extension.value("name", json("without name")) : json();
        if (needed)
            notes.add("an extension that is not read is called necessary",
                      name.is_string() ? name.get<std::string>() : name.dump());
    }
}

void read_global(const SigmfObject& global, SigmfMeta& meta)
{
    meta.datatype = global.text("core:datatype");
    if (meta.datatype.empty())
        throw Error({ "missing core:datatype", global.where(), "", "" });
    meta.sample_rate_hz = global.number("core:sample_rate");
    meta.channels = global.count("core:num_channels").value_or(1);
    meta.offset = global.count("core:offset").value_or(0);
    meta.trailing_bytes = global.count("core:trailing_bytes").value_or(0);
    meta.metadata_only = global.flag("core:metadata_only");
    meta.dataset = global.text("core:dataset");
    meta.sha512 = global.text("core:sha512");
    meta.description = global.text("core:description");
    note_needed_extensions(global, meta.notes);
}

SigmfMeta::Capture read_capture(const SigmfObject& entry, SigmfNotes& notes)
{
    SigmfMeta::Capture capture;
    capture.sample_start = entry.count("core:sample_start").value_or(0);
    capture.header_bytes = entry.count("core:header_bytes").value_or(0);
    capture.center_freq_hz = entry.number("core:frequency");
    capture.global_index = entry.count("core:global_index");
    const std::string datetime = entry.text("core:datetime");
    if (datetime.empty())
        return capture;
    try {
        capture.time_ns = ns_from_iso8601(datetime, "core:datetime");
    } catch (const Error&) {
        notes.add("core:datetime is no date and time, the capture's time stays unknown",
                  datetime.substr(0, 40) + ", expected RFC 3339, as 2026-03-01T12:00:00Z");
    }
    return capture;
}

SigmfMeta::OpenAnnotation read_annotation(const SigmfObject& entry, std::size_t index)
{
    SigmfMeta::OpenAnnotation annotation;
    annotation.index = index;
    const auto start = entry.count("core:sample_start");
    if (!start)
        throw Error({ "missing core:sample_start", entry.where(), "", "" });
    annotation.fields.sample_start = *start;
    annotation.sample_count = entry.count("core:sample_count");
    annotation.fields.label = entry.text("core:label");
    if (annotation.fields.label.empty()) // its name before version 1.0
        annotation.fields.label = entry.text("core:description");
    annotation.fields.comment = entry.text("core:comment");
    annotation.fields.generator = entry.text("core:generator");
    annotation.fields.uuid = entry.text("core:uuid");
    annotation.fields.freq_lower_hz = entry.number("core:freq_lower_edge");
    annotation.fields.freq_upper_hz = entry.number("core:freq_upper_edge");
    return annotation;
}

template <typename Entries, typename Start> void sort_by_start(Entries& entries, Start start)
{
    std::stable_sort(entries.begin(), entries.end(),
                     [start](const auto& a, const auto& b) { return start(a) < start(b); });
}

} // namespace

SigmfMeta parse_sigmf_meta(const std::string& text, const std::string& where)
{
    const json root = json::parse(text, nullptr, false);
    if (!root.is_object())
        throw Error(
            { "not SigMF metadata", where, root.is_discarded() ? "no JSON" : root.type_name(), "a JSON object" });
    const SigmfObject object(root, where);
    const json* global = object.find("global");
    if (!global)
        throw Error({ "not SigMF: missing 'global'", where, "", "" });
    if (!global->is_object())
        throw Error({ "bad global", where, global->type_name(), "object" });
    SigmfMeta meta;
    read_global(SigmfObject(*global, where), meta);
    const auto place = [&](const char* kind, std::size_t i) {
        return where + ": " + kind + " " + std::to_string(i);
    };
    const json& captures = list(object, "captures");
    for (std::size_t i = 0; i < captures.size(); ++i)
        meta.captures.push_back(read_capture(SigmfObject(captures[i], place("capture", i)), meta.notes));
    const json& annotations = list(object, "annotations");
    for (std::size_t i = 0; i < annotations.size(); ++i)
        meta.annotations.push_back(read_annotation(SigmfObject(annotations[i], place("annotation", i)), i));
    sort_by_start(meta.captures, [](const auto& capture) { return capture.sample_start; });
    sort_by_start(meta.annotations, [](const auto& annotation) { return annotation.fields.sample_start; });
    return meta;
}

} // namespace prunedamr::data
