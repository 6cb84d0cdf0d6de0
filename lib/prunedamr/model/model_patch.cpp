// SPDX-License-Identifier: GPL-3.0-or-later
// An update file, integers little-endian: magic (8 bytes), format (4), SHA-256 of the base (32) and of the new
// model (32), size of the new model (8) and of the content (8); the content as a zlib stream whose dictionary is
// the base's JSON header; SHA-256 of all that (32). The content: length of a JSON list of segments (8), the list,
// the stored bytes of its segments.
#include "prunedamr/model/model_patch.h"

#include "prunedamr/base/checksum.h"
#include "prunedamr/base/deflate.h"
#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/base/safetensors.h"
#include "prunedamr/model/model_file.h"
#include "prunedamr/model/patch_segments.h"

#include <algorithm>
#include <cstring>
#include <map>

namespace prunedamr::model {
namespace {

using Code = PatchSegment::Code;

constexpr std::string_view kMagic = "PAMRDIFF";
constexpr std::size_t kHeaderBytes = 8 + 4 + 32 + 32 + 8 + 8;
constexpr std::size_t kHashBytes = 32;
constexpr std::uint64_t kMaxModelBytes = std::uint64_t{ 1 } << 31;
constexpr int kMaxPatchDepth = 4;

std::string little_endian(std::uint64_t value, std::size_t bytes)
{
    std::string text;
    for (std::size_t i = 0; i < bytes; ++i)
        text += static_cast<char>(value >> (8 * i));
    return text;
}

std::uint64_t integer_at(std::string_view bytes, std::size_t offset, std::size_t count)
{
    std::uint64_t value = 0;
    for (std::size_t i = count; i-- > 0;)
        value = value << 8 | static_cast<std::uint8_t>(bytes[offset + i]);
    return value;
}

std::string_view view_of(const Sha256& hash)
{
    return { reinterpret_cast<const char*>(hash.data()), hash.size() };
}

Sha256 hash_of(std::string_view bytes)
{
    return sha256(bytes.data(), bytes.size());
}

std::string hex_of(std::string_view hash)
{
    Sha256 copy;
    std::memcpy(copy.data(), hash.data(), copy.size());
    return to_hex(copy);
}

/// The whole file, in memory: others may write to it meanwhile.
std::string read_whole(const std::string& path, const char* kind)
{
    return InputFile(path, kind).read_all(kMaxModelBytes);
}

/// A model file's bytes and where its tensors lie.
class ModelBytes
{
public:
    explicit ModelBytes(const std::string& path) : file_(path), bytes_(read_whole(path, "a model file"))
    {
        file_.check_unchanged(); // its header is that of the bytes
        data_start_ = 8 + integer_at(bytes_, 0, 8);
    }

    std::string_view bytes() const { return bytes_; }
    std::string_view header() const { return bytes().substr(0, data_start_); }
    std::string_view bytes_of(const safetensors::View& tensor) const
    {
        return bytes().substr(tensor.offset, tensor.size_bytes);
    }
    const std::map<std::string, safetensors::View>& tensors() const { return file_.tensors(); }

    std::vector<std::string> names_in_file_order() const
    {
        std::vector<std::string> names;
        for (const auto& item : tensors())
            names.push_back(item.first);
        std::stable_sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
            return tensors().at(a).offset < tensors().at(b).offset;
        });
        return names;
    }

private:
    safetensors::File file_;
    std::string bytes_;
    std::uint64_t data_start_ = 0;
};

Blocks blocks_of(const safetensors::View& view)
{
    Blocks blocks{ 1, 1, 4 };
    for (std::size_t i = 0; i < view.shape.size(); ++i)
        (i == 0   ? blocks.rows
         : i == 1 ? blocks.columns
                  : blocks.block_bytes) *= static_cast<std::uint64_t>(view.shape[i]);
    return blocks;
}

/// Segments and stored bytes that make one file from another.
class Coder
{
public:
    Coder(const ModelBytes& base, const ModelBytes& updated) : base_(base), updated_(updated)
    {
        add({ Code::text, updated.header().size(), 0, {}, {} }, updated.header());
        for (const std::string& name : updated.names_in_file_order())
            add_tensor(name);
    }

    const std::vector<PatchSegment>& segments() const { return segments_; }
    const std::string& stored() const { return stored_; }

private:
    void add(PatchSegment segment, std::string_view stored)
    {
        PatchSegment* last = segments_.empty() ? nullptr : &segments_.back();
        if (last && last->code == Code::same && segment.code == Code::same &&
            last->offset + last->bytes == segment.offset) {
            last->bytes += segment.bytes;
            return;
        }
        segments_.push_back(std::move(segment));
        stored_ += stored;
    }

    void add_tensor(const std::string& name)
    {
        const safetensors::View& tensor = updated_.tensors().at(name);
        const std::string_view bytes = updated_.bytes_of(tensor);
        const auto found = base_.tensors().find(name);
        const bool known = found != base_.tensors().end() && found->second.offset >= base_end_ &&
                           found->second.dtype == tensor.dtype;
        if (bytes.empty() || (known && add_from_base(found->second, tensor, bytes)))
            return;
        if (tensor.dtype == safetensors::Dtype::f32)
            add({ Code::whole, bytes.size(), 0, {}, {} }, shuffled(bytes));
        else
            add({ Code::text, bytes.size(), 0, {}, {} }, bytes);
    }

    /// False when the base does not help.
    bool add_from_base(const safetensors::View& from, const safetensors::View& to, std::string_view bytes)
    {
        const std::string_view old = base_.bytes_of(from);
        PatchSegment segment{ Code::same, bytes.size(), from.offset, {}, {} };
        std::string stored;
        if (old != bytes) {
            if (to.dtype != safetensors::Dtype::f32)
                return false;
            if (auto slice = find_slice(old, blocks_of(from), bytes, blocks_of(to))) {
                segment.code = Code::slice;
                segment.blocks = blocks_of(from);
                segment.slice = std::move(*slice);
            } else {
                if (old.size() != bytes.size())
                    return false;
                segment.code = Code::change;
                stored = shuffled(difference(old, bytes));
                if (deflated(stored).size() >= deflated(shuffled(bytes)).size())
                    return false;
            }
        }
        base_end_ = from.offset + old.size();
        add(std::move(segment), stored);
        return true;
    }

    const ModelBytes& base_;
    const ModelBytes& updated_;
    std::vector<PatchSegment> segments_;
    std::string stored_;
    std::uint64_t base_end_ = 0;
};

PatchSummary summary_of(const std::vector<PatchSegment>& segments, std::size_t patch_bytes)
{
    PatchSummary summary;
    summary.patch_bytes = patch_bytes;
    for (const PatchSegment& segment : segments) {
        summary.model_bytes += segment.bytes;
        if (segment.code == Code::same)
            summary.same += segment.bytes;
        else if (segment.code == Code::slice)
            summary.sliced += segment.bytes;
        else if (segment.code == Code::change)
            summary.changed += segment.bytes;
        else
            summary.whole += segment.bytes;
    }
    return summary;
}

/// The fixed part of an update, checked.
struct PatchHeader {
    std::string_view base_hash, new_hash;
    std::uint64_t new_bytes = 0, content_bytes = 0;
    std::string_view stream;
};

PatchHeader read_header(std::string_view patch)
{
    if (patch.size() < kHeaderBytes + kHashBytes || patch.substr(0, kMagic.size()) != kMagic)
        throw Error({ "not a model update", "", "", "what 'model diff' wrote" });
    const std::uint64_t format = integer_at(patch, 8, 4);
    if (format > kPatchFormat)
        throw Error({ "update is of a newer format, or damaged", "", "format " + std::to_string(format),
                      "at most format " + std::to_string(kPatchFormat) });
    const std::string_view covered = patch.substr(0, patch.size() - kHashBytes);
    if (view_of(hash_of(covered)) != patch.substr(covered.size()))
        throw Error({ "update is damaged: its checksum is wrong", "", "", "" });
    PatchHeader header{ patch.substr(12, 32), patch.substr(44, 32), integer_at(patch, 76, 8),
                        integer_at(patch, 84, 8), covered.substr(kHeaderBytes) };
    if (format < 1 || header.new_bytes > kMaxModelBytes || header.content_bytes > kMaxModelBytes)
        throw Error({ "update is damaged: it promises too much", "", std::to_string(header.new_bytes) + " bytes",
                      "at most " + std::to_string(kMaxModelBytes) });
    return header;
}

nlohmann::json parse_plan(std::string_view text)
{
    try {
        return nlohmann::json::parse(text, [](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
            if (depth > kMaxPatchDepth)
                throw Error({ "update is damaged: its plan is nested too deeply", "", "", "" });
            return true;
        });
    } catch (const nlohmann::json::exception& error) {
        throw Error({ "update is damaged: its plan is not JSON", "", error.what(), "" });
    }
}

struct Applied {
    std::string bytes;
    std::vector<PatchSegment> segments;
};

/// `base_header` is the base's JSON header.
Applied applied_to(std::string_view base, std::string_view base_header, const PatchHeader& header)
{
    const std::string content = inflated(header.stream, header.content_bytes, base_header);
    const std::uint64_t plan_bytes = content.size() >= 8 ? integer_at(content, 0, 8) : 0;
    if (content.size() < 8 || plan_bytes > content.size() - 8)
        throw Error({ "update is damaged: its plan is cut short", "", std::to_string(plan_bytes) + " bytes",
                      "at most " + std::to_string(content.size()) });
    const std::string_view rest = std::string_view(content).substr(8);
    const std::string_view stored = rest.substr(plan_bytes);
    Applied applied;
    applied.segments =
        segments_from_json(parse_plan(rest.substr(0, plan_bytes)), base.size(), stored.size(), header.new_bytes);
    applied.bytes = carried_out(applied.segments, base, stored);
    if (view_of(hash_of(applied.bytes)) != header.new_hash)
        throw Error({ "update is damaged: it does not give the model it promises", "",
                      hex_of(view_of(hash_of(applied.bytes))), hex_of(header.new_hash) });
    return applied;
}

/// Adds the file to an error that does not name one.
template <class Work> auto naming(const std::string& path, const Work& work)
{
    try {
        return work();
    } catch (const Error& error) {
        Error::Parts parts = error.parts();
        if (parts.where.compare(0, path.size(), path) == 0)
            throw; // it names the file already
        parts.where = path + (parts.where.empty() ? "" : ": ") + parts.where;
        throw Error(parts);
    }
}

} // namespace

PatchSummary diff_models(const std::string& base, const std::string& updated, const std::string& patch)
{
    check_writable(patch);
    load_model(base); // both are good models, or there is no update
    load_model(updated);
    const ModelBytes from(base), to(updated);
    const Coder coder(from, to);
    const std::string plan = to_json(coder.segments()).dump();
    const std::string content = little_endian(plan.size(), 8) + plan + coder.stored();
    std::string bytes(kMagic);
    bytes += little_endian(kPatchFormat, 4);
    bytes += view_of(hash_of(from.bytes()));
    bytes += view_of(hash_of(to.bytes()));
    bytes += little_endian(to.bytes().size(), 8) + little_endian(content.size(), 8);
    bytes += deflated(content, from.header());
    bytes += view_of(hash_of(bytes));
    PRUNEDAMR_CHECK(applied_to(from.bytes(), from.header(), read_header(bytes)).bytes == to.bytes(),
                    "an update gives the model it was made from");
    write_text_atomically(patch, bytes);
    return summary_of(coder.segments(), bytes.size());
}

PatchSummary patch_model(const std::string& base, const std::string& patch, const std::string& updated)
{
    check_writable(updated);
    return apply_patch(base, read_whole(patch, "a model update"), patch, updated);
}

PatchEnds patch_ends(const std::string& patch)
{
    const PatchHeader header = read_header(patch);
    PatchEnds ends;
    std::memcpy(ends.base.data(), header.base_hash.data(), ends.base.size());
    std::memcpy(ends.updated.data(), header.new_hash.data(), ends.updated.size());
    return ends;
}

PatchSummary apply_patch(const std::string& base, const std::string& patch, const std::string& name,
                         const std::string& updated)
{
    check_writable(updated);
    const PatchHeader header = naming(name, [&] { return read_header(patch); });
    const ModelBytes from(base);
    if (const Sha256 found = hash_of(from.bytes()); view_of(found) != header.base_hash)
        throw Error({ "update " + name + " was made for another base", base, "SHA-256 " + to_hex(found),
                      hex_of(header.base_hash) });
    const Applied applied = naming(name, [&] { return applied_to(from.bytes(), from.header(), header); });
    write_text_atomically(updated, applied.bytes);
    return summary_of(applied.segments, patch.size());
}

} // namespace prunedamr::model
