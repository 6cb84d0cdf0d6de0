// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/data/recording/sigmf_text.h"
#include "prunedamr/data/recording/rfc3339.h"
#include "prunedamr/data/recording/sigmf_writer.h"
#include "prunedamr/base/version.h"

namespace prunedamr::data {
namespace {

using nlohmann::json;

constexpr const char* kSigmfVersion = "1.2.5"; ///< of the schema that these rules are taken from

json capture_json(const Capture& capture)
{
    json entry = { { "core:sample_start", capture.sample_start } };
    if (capture.center_freq_hz)
        entry["core:frequency"] = *capture.center_freq_hz;
    if (capture.time_ns)
        entry["core:datetime"] = rfc3339_from_ns(*capture.time_ns);
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

} // namespace prunedamr::data
