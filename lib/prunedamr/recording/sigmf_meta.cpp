// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/recording/sigmf_meta.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/time.h"
#include "prunedamr/base/version.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <locale>
#include <sstream>

namespace prunedamr::recording {
namespace {

using nlohmann::json;

/// An object of which nothing but the samples' place is needed: what is malformed is noted and counts as absent.
class Fields
{
public:
    Fields(const json& object, std::string where, Notes& notes)
        : object_(object), where_(std::move(where)), notes_(notes)
    {
    }

    const json* find(const char* key) const
    {
        auto entry = object_.find(key);
        if (entry == object_.end()) { // older writers knew no namespaces
            entry = object_.find(key + kNamespaceLength);
            if (entry != object_.end())
                notes_.add("keys without core: are read as if they had it", where_ + (key + kNamespaceLength));
        }
        return entry == object_.end() || entry->is_null() ? nullptr : &*entry;
    }

    /// Recorders write numbers and booleans where SigMF has a string: as JSON has them.
    std::string text(const char* key) const
    {
        const json* value = find(key);
        if (value && value->is_structured())
            note("values of a wrong type are left out", key, *value);
        if (!value || value->is_structured())
            return "";
        return value->is_string() ? value->get<std::string>() : shown(*value);
    }

    std::optional<double> number(const char* key) const
    {
        const json* value = find(key);
        double number = value && value->is_number() ? value->get<double>() : NAN;
        if (value && value->is_string() && parse(value->get<std::string>(), number))
            note("numbers in quotes are read as numbers", key, *value);
        if (std::isfinite(number))
            return number;
        if (value)
            note("values of a wrong type are left out", key, *value);
        return std::nullopt;
    }

    /// 0..2^63 - 1.
    std::optional<std::uint64_t> count(const char* key) const
    {
        constexpr double kLimit = 9223372036854775808.0; // 2^63
        const json* value = find(key);
        if (value && value->is_number_unsigned() && value->get<std::uint64_t>() >> 63 == 0)
            return value->get<std::uint64_t>();
        const auto read = number(key);
        if (!read)
            return std::nullopt;
        if (*read < 0.0 || *read >= kLimit) {
            note("sample numbers out of range are left out", key, *value);
            return std::nullopt;
        }
        if (*read != std::floor(*read))
            note("sample numbers with a fraction are rounded down", key, *value);
        return static_cast<std::uint64_t>(*read);
    }

    void note(const char* kind, const char* key, const json& value) const
    {
        notes_.add(kind, where_ + key + " " + shown(value));
    }

    static std::string shown(const json& value)
    {
        return value.is_structured() ? value.type_name()
                                     : value.dump(-1, ' ', false, json::error_handler_t::replace).substr(0, 60);
    }

private:
    static constexpr std::size_t kNamespaceLength = 5; ///< of "core:"

    static bool parse(const std::string& text, double& number)
    {
        std::istringstream stream(text);
        stream.imbue(std::locale::classic());
        double read = 0.0;
        if (!(stream >> read) || !(stream >> std::ws).eof())
            return false;
        number = read;
        return true;
    }

    const json& object_;
    const std::string where_; ///< "annotation 3: "
    Notes& notes_;
};

/// An extension that its writer holds to be necessary. What we read, samples and core fields, stays readable.
void note_needed_extensions(const Fields& global, Notes& notes)
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

void read_global(const Fields& global, const std::string& where, SigmfMeta& meta)
{
    meta.datatype = global.text("core:datatype");
    if (meta.datatype.empty())
        throw Error({ "missing core:datatype", where, "", "" });
    meta.sample_rate_hz = global.number("core:sample_rate");
    const json* rate = global.find("core:sample_rate");
    if (rate && !meta.sample_rate_hz)
        meta.bad_sample_rate = Fields::shown(*rate);
    meta.channels = global.count("core:num_channels").value_or(1);
    meta.offset = global.count("core:offset").value_or(0);
    meta.trailing_bytes = global.count("core:trailing_bytes").value_or(0);
    const json* metadata_only = global.find("core:metadata_only");
    meta.metadata_only = metadata_only && *metadata_only == json(true);
    meta.dataset = global.text("core:dataset");
    meta.sha512 = global.text("core:sha512");
    meta.description = global.text("core:description");
    note_needed_extensions(global, meta.notes);
}

SigmfMeta::Capture read_capture(const Fields& entry, const std::string& where, Notes& notes)
{
    SigmfMeta::Capture capture;
    capture.sample_start = entry.count("core:sample_start").value_or(0);
    const json* header = entry.find("core:header_bytes");
    const auto header_bytes = entry.count("core:header_bytes");
    if (header && !header_bytes) // a header is never read as samples
        throw Error(
            { "bad value of 'core:header_bytes'", where, Fields::shown(*header), "a whole number, at least 0" });
    capture.header_bytes = header_bytes.value_or(0);
    capture.center_freq_hz = entry.number("core:frequency");
    capture.global_index = entry.count("core:global_index");
    const std::string datetime = entry.text("core:datetime");
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

SigmfMeta::OpenAnnotation read_annotation(const Fields& entry, std::size_t index)
{
    SigmfMeta::OpenAnnotation annotation;
    annotation.index = index;
    annotation.sample_count = entry.count("core:sample_count");
    const json* start = entry.find("core:sample_start");
    const double stated = start && start->is_number() ? start->get<double>() : 0.0;
    if (!start)
        entry.note("annotations without core:sample_start begin with the recording", "core:sample_start", json());
    else if (stated < 0.0)
        entry.note("annotations that begin before the recording are cut", "core:sample_start", *start);
    else
        annotation.fields.sample_start = entry.count("core:sample_start").value_or(0);
    if (stated < 0.0 && annotation.sample_count) {
        const double before = std::min(std::ceil(-stated), static_cast<double>(*annotation.sample_count));
        annotation.sample_count = *annotation.sample_count - static_cast<std::uint64_t>(before);
    }
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

/// The objects under `key`; what is none is noted.
template <typename Read>
void read_list(const json& root, const char* key, const char* kind, Notes& notes, Read read)
{
    const auto list = root.find(key);
    if (list == root.end() || list->is_null())
        return;
    if (!list->is_array())
        return notes.add("values of a wrong type are left out", std::string(key) + " " + Fields::shown(*list));
    for (std::size_t i = 0; i < list->size(); ++i)
        if ((*list)[i].is_object())
            read((*list)[i], std::string(kind) + " " + std::to_string(i) + ": ", i);
        else
            notes.add("values of a wrong type are left out",
                      std::string(kind) + " " + std::to_string(i) + ": " + Fields::shown((*list)[i]));
}

template <typename Entries, typename Start> void sort_by_start(Entries& entries, Start start)
{
    std::stable_sort(entries.begin(), entries.end(),
                     [start](const auto& a, const auto& b) { return start(a) < start(b); });
}

} // namespace

SigmfMeta parse_sigmf_meta(std::string text, const std::string& where, bool skip_annotations)
{
    SigmfMeta meta;
    if (skip_annotations)
        remove_annotations(text);
    const json root = parse_sigmf_json(text, where, meta.notes);
    const auto global = root.find("global");
    if (global == root.end() || !global->is_object())
        throw Error({ "not SigMF: missing 'global'", where, "", "" });
    read_global({ *global, "", meta.notes }, where, meta);
    read_list(root, "captures", "capture", meta.notes,
              [&](const json& entry, const std::string& place, std::size_t) {
                  meta.captures.push_back(read_capture({ entry, place, meta.notes }, where, meta.notes));
              });
    read_list(root, "annotations", "annotation", meta.notes,
              [&](const json& entry, const std::string& place, std::size_t i) {
                  meta.annotations.push_back(read_annotation({ entry, place, meta.notes }, i));
              });
    sort_by_start(meta.captures, [](const auto& capture) { return capture.sample_start; });
    sort_by_start(meta.annotations, [](const auto& annotation) { return annotation.fields.sample_start; });
    return meta;
}

using nlohmann::json;

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

namespace {

using nlohmann::json;

constexpr const char* kSigmfVersion = "1.2.5"; ///< of the schema that these rules are taken from

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
