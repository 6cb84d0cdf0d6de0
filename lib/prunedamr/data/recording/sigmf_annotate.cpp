// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/atomic_file.h"
#include "prunedamr/base/error.h"
#include "prunedamr/data/recording/sigmf_files.h"
#include "prunedamr/data/recording/sigmf_meta.h"
#include "prunedamr/data/recording/sigmf_text.h"
#include "prunedamr/data/recording/sigmf_writer.h"

#include <algorithm>
#include <filesystem>

namespace prunedamr::data {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Metadata of the recording itself; empty for raw samples.
std::string own_meta(const Annotating& annotating)
{
    const SigmfPair pair = sigmf_pair(annotating.recording);
    return fs::exists(pair.meta) ? pair.meta : std::string();
}

fs::path folder_of(const std::string& file)
{
    return fs::weakly_canonical(fs::absolute(file)).parent_path();
}

/// The metadata to which annotations are added, and how the file counts its first sample.
json base_of(const Annotating& annotating, const SigmfPair& target, std::uint64_t& first_sample)
{
    const std::string meta = own_meta(annotating);
    first_sample = 0;
    if (meta.empty()) {
        RecordingInfo info = annotating.info;
        info.annotations.clear();
        json made = json::parse(sigmf_meta_text(info, ""));
        made["global"]["core:dataset"] = fs::path(annotating.recording).filename().string();
        return made;
    }
    json base = json::parse(read_file(meta, kMaxSigmfMetaBytes), nullptr, false);
    if (!base.is_object() || !base.contains("global"))
        throw Error({ "not SigMF metadata", meta, "", "what was read before" });
    first_sample = base["global"].value("core:offset", std::uint64_t{ 0 });
    if (fs::weakly_canonical(meta) != fs::weakly_canonical(target.meta) && !base["global"].contains("core:dataset"))
        base["global"]["core:dataset"] = fs::path(sigmf_pair(meta).data).filename().string();
    return base;
}

} // namespace

void check(const Annotating& annotating)
{
    const std::string meta = own_meta(annotating);
    const std::string ending = fs::path(annotating.recording).extension();
    if (meta.empty() &&
        (ending == ".sigmf" || ending == ".wav" || annotating.recording.find('#') != std::string::npos))
        throw Error({ "annotations cannot be written for samples in an archive or WAV", annotating.recording,
                      ending, "SigMF in two files, or raw samples" });
    const SigmfPair target = sigmf_pair(annotating.path);
    if (folder_of(target.meta) != folder_of(annotating.recording))
        throw Error({ "annotations must be written where the samples are", target.meta,
                      folder_of(target.meta).string(), folder_of(annotating.recording).string() });
    if (fs::exists(target.data) &&
        fs::weakly_canonical(target.data) !=
            fs::weakly_canonical(meta.empty() ? annotating.recording : sigmf_pair(meta).data))
        throw Error({ "another recording has this name", target.data, "", "a name of its own" });
    check_writable(target.meta);
}

void annotate(const Annotating& annotating, const std::vector<Annotation>& annotations,
              const std::string& generator)
{
    check(annotating);
    const SigmfPair target = sigmf_pair(annotating.path);
    std::uint64_t first_sample = 0;
    json meta = base_of(annotating, target, first_sample);
    json kept = json::array();
    for (const json& entry : meta.value("annotations", json::array())) {
        const json who = entry.is_object() ? entry.value("core:generator", json()) : json();
        if (!who.is_string() || who.get<std::string>().rfind(generator, 0) != 0)
            kept.push_back(entry);
    }
    for (Annotation annotation : annotations) {
        annotation.sample_start += first_sample;
        kept.push_back(annotation_json(annotation));
    }
    const auto start = [](const json& entry) {
        const json found = entry.is_object() ? entry.value("core:sample_start", json()) : json();
        return found.is_number_unsigned() ? found.get<std::uint64_t>() : 0;
    };
    std::stable_sort(kept.begin(), kept.end(), [&](const json& a, const json& b) { return start(a) < start(b); });
    meta["annotations"] = std::move(kept);
    write_text_atomically(target.meta, meta.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

} // namespace prunedamr::data
