// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/checksum.h"
#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/base/json_object.h"
#include "prunedamr/recording/byte_source.h"
#include "prunedamr/recording/sigmf_meta.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace prunedamr::recording {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCollectionEnding = ".sigmf-collection";

bool ends_with(const std::string& text, const std::string& ending)
{
    return text.size() > ending.size() && text.compare(text.size() - ending.size(), ending.size(), ending) == 0;
}

/// "x.sigmf#NAME": a container of recordings and the one that is wanted ("" when not said).
struct Choice {
    std::string container;
    std::string name;
};

bool is_collection(const std::string& path)
{
    return ends_with(path, kCollectionEnding);
}

bool is_container(const std::string& path)
{
    return ends_with(without_compression(path), kSigmfArchiveEnding) ||
           ends_with(without_compression(path), ".tar") || is_collection(path);
}

Choice split(const std::string& path)
{
    const auto hash = path.rfind('#');
    if (hash == std::string::npos || !is_container(path.substr(0, hash)) || fs::exists(path))
        return { path, "" };
    return { path.substr(0, hash), path.substr(hash + 1) };
}

/// The one of `names` that is wanted, or the only one.
std::size_t choose(const Choice& choice, const std::vector<std::string>& names)
{
    if (choice.name.empty() && names.size() == 1)
        return 0;
    const auto found = std::find(names.begin(), names.end(), choice.name);
    if (found != names.end())
        return static_cast<std::size_t>(found - names.begin());
    constexpr std::size_t kShown = 20;
    std::string listed;
    for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i)
        listed += (i ? ", " : "") + names[i];
    if (names.size() > kShown)
        listed += ", ... (" + std::to_string(names.size()) + ")";
    const bool asked = !choice.name.empty();
    throw Error({ asked ? "no such recording inside" : "several recordings inside", choice.container,
                  asked ? choice.name : std::to_string(names.size()),
                  choice.container + "#NAME with one of " + listed });
}

void check_sha512(const SigmfMeta& meta, const std::string& where, const SigmfDataset& data)
{
    if (meta.sha512.empty())
        throw Error({ "missing core:sha512", where, "", "the hash that is to be checked" });
    std::vector<char> buffer(std::size_t{ 1 } << 18);
    Sha512 sum;
    for (std::uint64_t done = 0; done < data.size;) {
        const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), data.size - done));
        data.bytes->read(data.begin + done, buffer.data(), piece);
        sum.add(buffer.data(), piece);
        done += piece;
    }
    std::string stated = meta.sha512;
    std::transform(stated.begin(), stated.end(), stated.begin(),
                   [](char c) { return c >= 'A' && c <= 'F' ? c + 32 : c; });
    const std::string found = sum.hex();
    if (stated != found)
        throw Error({ "core:sha512 is not that of the samples", data.name, found, stated.substr(0, 128) });
}

RecordingLayout checked_layout(const SigmfMeta& meta, const std::string& where, const SigmfDataset& data,
                               const RawOptions& raw)
{
    if (raw.check_sha512)
        check_sha512(meta, where, data);
    return lay_out(meta, where, data, raw);
}

[[noreturn]] void refuse_without_samples(const SigmfMeta& meta, const std::string& where, const std::string& data)
{
    if (meta.metadata_only)
        throw Error({ "metadata without samples (core:metadata_only)", where, "", data });
    throw SystemError({ "no such file", data, "", "the samples beside " + where }, ENOENT);
}

/// core:dataset where it exists, else x.sigmf-data. A folder in core:dataset is that of another machine.
std::string data_path(SigmfMeta& meta, const SigmfPair& pair)
{
    if (meta.dataset.empty())
        return pair.data;
    const std::string beside = (fs::path(pair.meta).parent_path() / fs::path(meta.dataset).filename()).string();
    if (fs::is_regular_file(beside) || !fs::is_regular_file(pair.data))
        return beside;
    meta.notes.add("core:dataset is missing, the .sigmf-data file is read", meta.dataset);
    return pair.data;
}

/// The data may be compressed though their name does not say so, or does.
std::string existing(const std::string& data)
{
    for (const char* ending : { "", ".gz", ".bz2", ".xz", ".zst" })
        if (fs::exists(data + ending))
            return data + ending;
    return data;
}

RecordingLayout open_pair(const std::string& path, const RawOptions& raw)
{
    const SigmfPair pair = sigmf_pair(path);
    if (!fs::exists(pair.meta)) {
        if (fs::is_regular_file(path) && raw.format &&
            raw.sample_rate_hz) { // the user knows what the metadata would say
            Input input = open_input(path);
            input.notes.add("the metadata are missing", fs::path(pair.meta).filename().string());
            return open_raw(input, raw);
        }
        throw SystemError({ "no such file", pair.meta, "", "the metadata beside " + pair.data }, ENOENT);
    }
    SigmfMeta meta = parse_sigmf_meta(read_file(pair.meta, kMaxSigmfMetaBytes), pair.meta, raw.skip_annotations);
    const std::string data = existing(data_path(meta, pair));
    if (!fs::exists(data))
        refuse_without_samples(meta, pair.meta, data);
    const std::shared_ptr<ByteSource> bytes = open_bytes(data, meta.notes);
    return checked_layout(meta, pair.meta, { bytes, data, 0, bytes->size() }, raw);
}

/// Names without ending, and the archive's members that hold them.
struct ArchivedRecordings {
    std::vector<std::string> names;
    std::vector<TarMember> metas;
};

/// Names are base names, or with folders where base names repeat. "._x" is what macOS adds to every file.
ArchivedRecordings archived_recordings(const std::vector<TarMember>& members)
{
    ArchivedRecordings found;
    for (const auto& member : members) {
        const std::string base = fs::path(member.name).filename().string();
        if (!ends_with(base, kSigmfMetaEnding) || base.rfind("._", 0) == 0)
            continue;
        found.names.push_back(fs::path(base).stem().string());
        found.metas.push_back(member);
    }
    auto sorted = found.names;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
        for (std::size_t i = 0; i < found.names.size(); ++i)
            found.names[i] = sigmf_pair(found.metas[i].name).stem;
    return found;
}

RecordingLayout open_archive(const Choice& choice, Input& input, const RawOptions& raw)
{
    const auto members = read_tar(*input.bytes, input.notes);
    const auto recordings = archived_recordings(members);
    if (recordings.metas.empty())
        throw Error({ "no recording in the archive", choice.container, members[0].name.substr(0, 60),
                      "a .sigmf-meta file" });
    const TarMember& chosen = recordings.metas[choose(choice, recordings.names)];
    const std::string where = choice.container + ": " + chosen.name;
    SigmfMeta meta = parse_sigmf_meta(input.bytes->text(chosen.offset, chosen.size, kMaxSigmfMetaBytes), where,
                                      raw.skip_annotations);
    const SigmfPair pair = sigmf_pair(chosen.name);
    const std::string beside = (fs::path(chosen.name).parent_path() / fs::path(meta.dataset).filename()).string();
    for (const std::string& name : { meta.dataset.empty() ? pair.data : beside, pair.data })
        for (const auto& member : members)
            if (member.name == name) {
                RecordingLayout layout = checked_layout(
                    meta, where, { input.bytes, choice.container + ": " + name, member.offset, member.size }, raw);
                for (const auto& line : input.notes.lines(choice.container))
                    layout.info.warnings.push_back(line);
                return layout;
            }
    refuse_without_samples(meta, where, choice.container + ": " + (meta.dataset.empty() ? pair.data : beside));
}

/// A stream is an object with a name, or in older files the pair [name, hash].
std::string stream_name(const nlohmann::json& stream, const std::string& where)
{
    const nlohmann::json* name = &stream;
    if (stream.is_object() && stream.contains("name"))
        name = &stream["name"];
    else if (stream.is_array() && !stream.empty())
        name = &stream[0];
    if (!name->is_string())
        throw Error({ "bad core:streams", where, name->type_name(), "objects with a name" });
    return fs::path(name->get<std::string>()).filename().string();
}

RecordingLayout open_collection(const Choice& choice, const RawOptions& raw)
{
    const std::string& where = choice.container;
    checked_size(where);
    const auto root = parse_json(read_file(where, kMaxSigmfMetaBytes), where, "a SigMF collection");
    if (!root.is_object() || !root.contains("collection"))
        throw Error({ "not a SigMF collection", where, root.type_name(), "an object with 'collection'" });
    JsonObject collection(root["collection"], where);
    const auto* streams = collection.find("core:streams");
    if (!streams || !streams->is_array() || streams->empty())
        throw Error({ "collection without recordings", where, "", "core:streams" });
    std::vector<std::string> names;
    for (const auto& stream : *streams)
        names.push_back(stream_name(stream, where));
    return open_pair((fs::path(where).parent_path() / names[choose(choice, names)]).string(), raw);
}

} // namespace

SigmfPair sigmf_pair(const std::string& path)
{
    std::string stem = path;
    for (const char* ending : { kSigmfMetaEnding, kSigmfDataEnding })
        if (ends_with(path, ending))
            stem.resize(path.size() - std::string(ending).size());
    // Some recorders append the ending to the name of the data.
    const std::string data = ends_with(stem, kSigmfDataEnding) ? stem : stem + kSigmfDataEnding;
    if (data != stem && !fs::exists(stem + kSigmfMetaEnding) && fs::exists(data + kSigmfMetaEnding))
        return { data + kSigmfMetaEnding, data, stem };
    return { stem + kSigmfMetaEnding, data, stem };
}

bool is_sigmf(const std::string& path)
{
    const SigmfPair pair = sigmf_pair(path);
    return path == pair.meta || path == pair.data || is_collection(split(path).container) ||
           split(path).container != path || (!fs::is_regular_file(path) && fs::exists(pair.meta));
}

RecordingLayout open_sigmf(const std::string& path, const RawOptions& raw)
{
    const Choice choice = split(path);
    if (is_collection(choice.container))
        return open_collection(choice, raw);
    if (choice.container == path)
        return open_pair(path, raw);
    Input archive = open_input(choice.container);
    return open_archive(choice, archive, raw);
}

RecordingLayout open_sigmf_archive(Input& input, const RawOptions& raw)
{
    return open_archive({ input.path, "" }, input, raw);
}

} // namespace prunedamr::recording
