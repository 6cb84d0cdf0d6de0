// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/recording/sigmf_meta.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/json_object.h"
#include "prunedamr/base/time.h"
#include "prunedamr/base/version.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>

namespace prunedamr::recording {
namespace {

using nlohmann::json;

/// The list under `key`; empty when absent.
const json& list(JsonObject& meta, const char* key)
{
    static const json none = json::array();
    return meta.has(key) ? meta.list(key) : none;
}

/// "" when absent. Recorders write numbers and booleans where SigMF has a string: as JSON has them.
std::string text(JsonObject& object, const char* key)
{
    const json* value = object.find(key);
    if (!value)
        return "";
    if (value->is_structured())
        object.refuse(key, "a string");
    return value->is_string() ? value->get<std::string>() : value->dump();
}

/// 0..2^63 - 1; nothing when absent.
std::optional<std::uint64_t> count(JsonObject& object, const char* key)
{
    if (!object.has(key))
        return std::nullopt;
    return static_cast<std::uint64_t>(object.integer(key, 0, std::numeric_limits<std::int64_t>::max()));
}

/// An extension that its writer holds to be necessary. What we read, samples and core fields, stays readable.
void note_needed_extensions(JsonObject& global, SigmfNotes& notes)
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

void read_global(JsonObject& global, SigmfMeta& meta)
{
    meta.datatype = text(global, "core:datatype");
    if (meta.datatype.empty())
        throw Error({ "missing core:datatype", global.where(), "", "" });
    meta.sample_rate_hz = global.optional_number("core:sample_rate");
    meta.channels = count(global, "core:num_channels").value_or(1);
    meta.offset = count(global, "core:offset").value_or(0);
    meta.trailing_bytes = count(global, "core:trailing_bytes").value_or(0);
    meta.metadata_only = global.has("core:metadata_only") && global.boolean("core:metadata_only");
    meta.dataset = text(global, "core:dataset");
    meta.sha512 = text(global, "core:sha512");
    meta.description = text(global, "core:description");
    note_needed_extensions(global, meta.notes);
}

SigmfMeta::Capture read_capture(JsonObject entry, SigmfNotes& notes)
{
    SigmfMeta::Capture capture;
    capture.sample_start = count(entry, "core:sample_start").value_or(0);
    capture.header_bytes = count(entry, "core:header_bytes").value_or(0);
    capture.center_freq_hz = entry.optional_number("core:frequency");
    capture.global_index = count(entry, "core:global_index");
    const std::string datetime = text(entry, "core:datetime");
    if (datetime.empty())
        return capture;
    try {
        capture.time_ns = time_from_rfc3339(datetime, "core:datetime");
    } catch (const Error&) {
        notes.add("core:datetime is no date and time, the capture's time stays unknown",
                  datetime.substr(0, 40) + ", expected RFC 3339, as 2026-03-01T12:00:00Z");
    }
    return capture;
}

SigmfMeta::OpenAnnotation read_annotation(JsonObject entry, std::size_t index)
{
    SigmfMeta::OpenAnnotation annotation;
    annotation.index = index;
    const auto start = count(entry, "core:sample_start");
    if (!start)
        throw Error({ "missing core:sample_start", entry.where(), "", "" });
    annotation.fields.sample_start = *start;
    annotation.sample_count = count(entry, "core:sample_count");
    annotation.fields.label = text(entry, "core:label");
    if (annotation.fields.label.empty()) // its name before version 1.0
        annotation.fields.label = text(entry, "core:description");
    annotation.fields.comment = text(entry, "core:comment");
    annotation.fields.generator = text(entry, "core:generator");
    annotation.fields.uuid = text(entry, "core:uuid");
    annotation.fields.freq_lower_hz = entry.optional_number("core:freq_lower_edge");
    annotation.fields.freq_upper_hz = entry.optional_number("core:freq_upper_edge");
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
    JsonObject object(root, where);
    const json* global = object.find("global");
    if (!global)
        throw Error({ "not SigMF: missing 'global'", where, "", "" });
    SigmfMeta meta;
    JsonObject fields(*global, where);
    read_global(fields, meta);
    const auto place = [&](const char* kind, std::size_t i) {
        return where + ": " + kind + " " + std::to_string(i);
    };
    const json& captures = list(object, "captures");
    for (std::size_t i = 0; i < captures.size(); ++i)
        meta.captures.push_back(read_capture({ captures[i], place("capture", i) }, meta.notes));
    const json& annotations = list(object, "annotations");
    for (std::size_t i = 0; i < annotations.size(); ++i)
        meta.annotations.push_back(read_annotation({ annotations[i], place("annotation", i) }, i));
    sort_by_start(meta.captures, [](const auto& capture) { return capture.sample_start; });
    sort_by_start(meta.annotations, [](const auto& annotation) { return annotation.fields.sample_start; });
    return meta;
}

namespace {

using nlohmann::json;

constexpr const char* kSigmfVersion = "1.2.5"; ///< of the schema that these rules are taken from

json capture_json(const Capture& capture)
{
    json entry = { { "core:sample_start", capture.sample_start } };
    if (capture.center_freq_hz)
        entry["core:frequency"] = *capture.center_freq_hz;
    if (capture.time_ns)
        entry["core:datetime"] = rfc3339(*capture.time_ns);
    if (capture.global_index)
        entry["core:global_index"] = *capture.global_index;
    return entry;
}

json captures_json(const RecordingInfo& info)
{
    json captures = json::array();
    for (const auto& capture : info.captures)
        captures.push_back(capture_json(capture));
    if (!captures.empty())
        return captures;
    const bool tuned = info.center_freq_hz != 0.0;
    captures.push_back(
        capture_json({ 0, tuned ? std::optional<double>(info.center_freq_hz) : std::nullopt, info.time_ns }));
    return captures;
}

} // namespace

json annotation_json(const Annotation& annotation)
{
    json entry = { { "core:sample_start", annotation.sample_start },
                   { "core:sample_count", annotation.sample_count } };
    if (annotation.freq_lower_hz && annotation.freq_upper_hz) { // both or neither, says the specification
        entry["core:freq_lower_edge"] = *annotation.freq_lower_hz;
        entry["core:freq_upper_edge"] = *annotation.freq_upper_hz;
    }
    const std::pair<const char*, const std::string&> texts[] = { { "core:label", annotation.label },
                                                                 { "core:comment", annotation.comment },
                                                                 { "core:generator", annotation.generator },
                                                                 { "core:uuid", annotation.uuid } };
    for (const auto& [key, text] : texts)
        if (!text.empty())
            entry[key] = text;
    return entry;
}

std::string sigmf_meta_text(const RecordingInfo& info, const std::string& sha512)
{
    json global = { { "core:version", kSigmfVersion },
                    { "core:datatype", to_string(info.format) },
                    { "core:sample_rate", info.sample_rate_hz },
                    { "core:num_channels", 1 },
                    { "core:recorder", std::string("gr-prunedamr ") + kVersion } };
    if (!info.description.empty())
        global["core:description"] = info.description;
    if (!sha512.empty())
        global["core:sha512"] = sha512;
    json annotations = json::array();
    for (const auto& annotation : info.annotations)
        annotations.push_back(annotation_json(annotation));
    const json meta = { { "global", global }, { "captures", captures_json(info) }, { "annotations", annotations } };
    return meta.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

} // namespace prunedamr::recording
