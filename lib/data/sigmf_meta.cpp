// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/data/sigmf_meta.h"

#include "prunedamr/base/atomic_file.h"
#include "prunedamr/base/error.h"
#include "prunedamr/data/rfc3339.h"
#include "prunedamr_version.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace prunedamr::data {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxMetaBytes = 256u << 20;
constexpr const char* kMetaEnding = ".sigmf-meta";
constexpr const char* kDataEnding = ".sigmf-data";

/// Keys that move samples about; a reader that ignores them would read the wrong ones.
constexpr const char* kUnsupportedKeys[] = { "core:offset", "core:trailing_bytes", "core:metadata_only",
                                             "core:dataset", "core:header_bytes" };

bool ends_with(const std::string& text, const std::string& ending)
{
    return text.size() >= ending.size() && text.compare(text.size() - ending.size(), ending.size(), ending) == 0;
}

Error bad_key(const std::string& where, const char* key, const std::string& found, const char* expected)
{
    return Error({ std::string("bad ") + key, where, found, expected });
}

std::optional<double> number(const json& object, const char* key, const std::string& where)
{
    const auto entry = object.find(key);
    if (entry == object.end())
        return std::nullopt;
    if (!entry->is_number() || !std::isfinite(entry->get<double>()))
        throw bad_key(where, key, entry->dump().substr(0, 60), "a number");
    return entry->get<double>();
}

std::optional<std::uint64_t> count(const json& object, const char* key, const std::string& where)
{
    const auto entry = object.find(key);
    if (entry == object.end())
        return std::nullopt;
    if (!entry->is_number_unsigned())
        throw bad_key(where, key, entry->dump().substr(0, 60), "a whole number of samples");
    return entry->get<std::uint64_t>();
}

std::string text(const json& object, const char* key, const std::string& where)
{
    const auto entry = object.find(key);
    if (entry == object.end())
        return "";
    if (!entry->is_string())
        throw bad_key(where, key, entry->dump().substr(0, 60), "a string");
    return entry->get<std::string>();
}

const json& section(const json& meta, const char* key, json::value_t type, const std::string& where)
{
    static const json empty_array = json::array();
    const auto entry = meta.find(key);
    if (entry == meta.end()) {
        if (type == json::value_t::array)
            return empty_array;
        throw Error({ std::string("not SigMF: missing '") + key + "'", where, "", "" });
    }
    if (entry->type() != type)
        throw bad_key(where, key, entry->type_name(), type == json::value_t::array ? "array" : "object");
    return *entry;
}

void refuse_unsupported(const json& object, const std::string& where)
{
    for (const char* key : kUnsupportedKeys) {
        const auto entry = object.find(key);
        if (entry != object.end() && *entry != json(0) && *entry != json(false))
            throw Error({ std::string("unsupported ") + key, where, entry->dump().substr(0, 60), "no such key" });
    }
}

void read_global(const json& global, const std::string& where, RecordingInfo& info)
{
    refuse_unsupported(global, where);
    const std::string datatype = text(global, "core:datatype", where);
    if (datatype.empty())
        throw Error({ "missing core:datatype", where, "", "" });
    try {
        info.format = sample_format(datatype);
    } catch (const Error& error) {
        throw Error(
            { "core:datatype: " + error.parts().problem, where, error.parts().found, error.parts().expected });
    }
    const auto rate = number(global, "core:sample_rate", where);
    if (!rate)
        throw Error({ "missing core:sample_rate", where, "", "" });
    if (*rate <= 0.0)
        throw bad_key(where, "core:sample_rate", json(*rate).dump(), "above 0");
    info.sample_rate_hz = *rate;
    const double channels = number(global, "core:num_channels", where).value_or(1.0);
    if (channels != 1.0)
        throw bad_key(where, "core:num_channels", json(channels).dump(), "1");
    info.description = text(global, "core:description", where);
}

Annotation read_annotation(const json& entry, const std::string& where, std::uint64_t sample_count)
{
    if (!entry.is_object())
        throw Error({ "malformed annotation", where, entry.type_name(), "object" });
    const auto start = count(entry, "core:sample_start", where);
    if (!start)
        throw Error({ "missing core:sample_start", where, "", "" });
    if (*start > sample_count)
        throw bad_key(where, "core:sample_start", std::to_string(*start), "inside the recording");
    Annotation annotation;
    annotation.sample_start = *start;
    annotation.sample_count = count(entry, "core:sample_count", where).value_or(sample_count - *start);
    if (annotation.sample_count > sample_count - *start)
        throw Error({ "annotation ends behind the recording", where,
                      std::to_string(*start) + " + " + std::to_string(annotation.sample_count),
                      "at most " + std::to_string(sample_count) + " samples" });
    annotation.label = text(entry, "core:label", where);
    annotation.comment = text(entry, "core:comment", where);
    annotation.freq_lower_hz = number(entry, "core:freq_lower_edge", where);
    annotation.freq_upper_hz = number(entry, "core:freq_upper_edge", where);
    return annotation;
}

json annotation_json(const Annotation& annotation)
{
    json entry = { { "core:sample_start", annotation.sample_start },
                   { "core:sample_count", annotation.sample_count } };
    if (annotation.freq_lower_hz && annotation.freq_upper_hz) {
        entry["core:freq_lower_edge"] = *annotation.freq_lower_hz;
        entry["core:freq_upper_edge"] = *annotation.freq_upper_hz;
    }
    if (!annotation.label.empty())
        entry["core:label"] = annotation.label;
    if (!annotation.comment.empty())
        entry["core:comment"] = annotation.comment;
    return entry;
}

} // namespace

SigmfPair sigmf_pair(const std::string& path)
{
    std::string stem = path;
    for (const char* ending : { kMetaEnding, kDataEnding })
        if (ends_with(path, ending))
            stem.resize(path.size() - std::string(ending).size());
    return { stem + kMetaEnding, stem + kDataEnding };
}

RecordingInfo read_sigmf_meta(const std::string& path, std::uint64_t data_bytes)
{
    const json meta = json::parse(read_file(path, kMaxMetaBytes), nullptr, false);
    if (!meta.is_object())
        throw Error(
            { "not SigMF metadata", path, meta.is_discarded() ? "no JSON" : meta.type_name(), "a JSON object" });
    RecordingInfo info;
    read_global(section(meta, "global", json::value_t::object, path), path, info);
    info.sample_count = data_bytes / static_cast<std::uint64_t>(bytes_per_sample(info.format));

    const json& captures = section(meta, "captures", json::value_t::array, path);
    for (const auto& capture : captures) {
        if (!capture.is_object())
            throw Error({ "malformed capture", path, capture.type_name(), "object" });
        refuse_unsupported(capture, path);
    }
    if (!captures.empty()) {
        info.center_freq_hz = number(captures[0], "core:frequency", path).value_or(0.0);
        const std::string datetime = text(captures[0], "core:datetime", path);
        if (!datetime.empty())
            info.time_ns = ns_from_rfc3339(datetime, path + ": core:datetime");
    }
    const json& annotations = section(meta, "annotations", json::value_t::array, path);
    for (std::size_t i = 0; i < annotations.size(); ++i)
        info.annotations.push_back(
            read_annotation(annotations[i], path + ": annotation " + std::to_string(i), info.sample_count));
    std::stable_sort(info.annotations.begin(), info.annotations.end(),
                     [](const Annotation& a, const Annotation& b) { return a.sample_start < b.sample_start; });
    return info;
}

std::string sigmf_meta_text(const RecordingInfo& info)
{
    json global = { { "core:version", "1.0.0" },
                    { "core:datatype", to_string(info.format) },
                    { "core:sample_rate", info.sample_rate_hz },
                    { "core:num_channels", 1 },
                    { "core:recorder", std::string("gr-prunedamr ") + kVersion } };
    if (!info.description.empty())
        global["core:description"] = info.description;
    json capture = { { "core:sample_start", 0 } };
    if (info.center_freq_hz != 0.0)
        capture["core:frequency"] = info.center_freq_hz;
    if (info.time_ns)
        capture["core:datetime"] = rfc3339_from_ns(*info.time_ns);
    json annotations = json::array();
    for (const auto& annotation : info.annotations)
        annotations.push_back(annotation_json(annotation));
    const json meta = { { "global", global }, { "captures", { capture } }, { "annotations", annotations } };
    return meta.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

} // namespace prunedamr::data
