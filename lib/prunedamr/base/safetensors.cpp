// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/safetensors.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>

namespace prunedamr::safetensors {
namespace {

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000; // the format's own limit
constexpr int kMaxHeaderDepth = 4;                     // the format needs 3; recursion on JSON stays shallow
constexpr std::array<std::pair<const char*, std::size_t>, 6> kDtypes = {
    { { "F32", 4 }, { "F16", 2 }, { "I64", 8 }, { "I32", 4 }, { "I8", 1 }, { "U8", 1 } }
};

Dtype dtype_from(const std::string& name, const std::string& where)
{
    for (std::size_t i = 0; i < kDtypes.size(); ++i)
        if (name == kDtypes[i].first)
            return static_cast<Dtype>(i);
    throw Error({ "unknown tensor type", where, name, "F32, F16, I64, I32, I8 or U8" });
}

std::uint64_t count_of(const std::vector<std::int64_t>& shape)
{
    std::uint64_t count = 1;
    for (const std::int64_t extent : shape)
        count *= static_cast<std::uint64_t>(extent);
    return count;
}

/// Element count of a shape, refused when it exceeds `limit` (so that no product overflows).
std::uint64_t bounded_count(const std::vector<std::int64_t>& shape, std::uint64_t limit, const std::string& where)
{
    std::uint64_t count = 1;
    for (const std::int64_t extent : shape) {
        if (extent < 0)
            throw Error({ "negative extent in a shape", where, std::to_string(extent), "0 or more" });
        if (extent != 0 && count > limit / static_cast<std::uint64_t>(extent))
            throw Error({ "shape is larger than the file", where, std::to_string(extent) + " in a shape",
                          "at most " + std::to_string(limit) + " bytes of data" });
        count *= static_cast<std::uint64_t>(extent);
    }
    return count;
}

View parse_entry(const nlohmann::json& entry, std::uint64_t data_start, std::uint64_t data_bytes,
                 const std::string& where)
{
    View view{};
    std::vector<std::uint64_t> range;
    try {
        view.dtype = dtype_from(entry.at("dtype").get<std::string>(), where);
        view.shape = entry.at("shape").get<std::vector<std::int64_t>>();
        for (const auto& offset : entry.at("data_offsets")) {
            if (!offset.is_number_unsigned())
                throw Error({ "malformed data_offsets", where, offset.dump(), "two non-negative integers" });
            range.push_back(offset.get<std::uint64_t>());
        }
    } catch (const nlohmann::json::exception& e) {
        throw Error({ "malformed tensor entry", where, e.what(), "dtype, shape, data_offsets" });
    }
    if (range.size() != 2 || range[0] > range[1] || range[1] > data_bytes)
        throw Error({ "tensor lies outside the file", where, entry.at("data_offsets").dump(),
                      "a range within " + std::to_string(data_bytes) + " bytes" });
    const std::uint64_t needed = bounded_count(view.shape, data_bytes, where) * size_of(view.dtype);
    if (needed != range[1] - range[0])
        throw Error({ "tensor's shape disagrees with its bytes", where,
                      std::to_string(range[1] - range[0]) + " bytes", std::to_string(needed) + " bytes" });
    view.offset = data_start + range[0];
    view.size_bytes = needed;
    return view;
}

/// Tensors must tile the data section: no overlap, no hole.
void check_tiling(const std::map<std::string, View>& tensors, std::uint64_t data_start, std::uint64_t data_bytes,
                  const std::string& path)
{
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
    for (const auto& [name, view] : tensors)
        ranges.emplace_back(view.offset - data_start, view.size_bytes);
    std::sort(ranges.begin(), ranges.end());
    std::uint64_t end = 0;
    for (const auto& [start, size] : ranges) {
        if (start != end)
            throw Error({ start < end ? "tensors overlap" : "hole between tensors", path,
                          "a tensor at byte " + std::to_string(start), "byte " + std::to_string(end) });
        end = start + size;
    }
    if (end != data_bytes)
        throw Error({ "data section has the wrong size", path, std::to_string(data_bytes) + " bytes",
                      std::to_string(end) });
}

} // namespace

std::size_t size_of(Dtype dtype)
{
    return kDtypes[static_cast<std::size_t>(dtype)].second;
}
const char* to_string(Dtype dtype)
{
    return kDtypes[static_cast<std::size_t>(dtype)].first;
}
std::size_t View::count() const
{
    return size_bytes / size_of(dtype);
}

struct File::Impl {
    explicit Impl(const std::string& name) : path(name), file(name, "a safetensors file") {}
    std::string path;
    InputFile file;
    std::map<std::string, std::string> metadata;
    std::map<std::string, View> tensors;
};

File::File(const std::string& path) : impl_(std::make_unique<Impl>(path))
{
    const InputFile& file = impl_->file;
    if (file.size() < 8)
        throw Error({ "not a safetensors file", path, std::to_string(file.size()) + " bytes", "at least 8" });
    std::array<std::uint8_t, 8> length{};
    file.read(0, length.size(), length.data());
    std::uint64_t header_bytes = 0;
    for (int i = 7; i >= 0; --i)
        header_bytes = header_bytes << 8 | length[i];
    if (header_bytes > file.size() - 8 || header_bytes > kMaxHeaderBytes)
        throw Error({ "not a safetensors file: header is longer than the file", path,
                      std::to_string(header_bytes) + " bytes",
                      "at most " + std::to_string(std::min<std::uint64_t>(file.size() - 8, kMaxHeaderBytes)) });
    std::string text(header_bytes, '\0');
    file.read(8, text.size(), text.data());
    const auto bounded = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
        if (depth > kMaxHeaderDepth)
            throw Error({ "not a safetensors file: header is nested too deeply", path, "",
                          "at most " + std::to_string(kMaxHeaderDepth) + " levels" });
        return true;
    };
    const auto header = nlohmann::json::parse(text, bounded, false);
    if (!header.is_object())
        throw Error({ "not a safetensors file: header is not a JSON object", path, "", "" });

    const std::uint64_t data_start = 8 + header_bytes, data_bytes = file.size() - data_start;
    for (const auto& [name, entry] : header.items()) {
        if (name != "__metadata__") {
            impl_->tensors.emplace(name, parse_entry(entry, data_start, data_bytes, path + ": tensor '" + name + "'"));
            continue;
        }
        for (const auto& [key, value] : entry.items()) {
            if (!value.is_string())
                throw Error(
                    { "metadata value is not a string", path + ": '" + key + "'", value.type_name(), "string" });
            impl_->metadata[key] = value.get<std::string>();
        }
    }
    check_tiling(impl_->tensors, data_start, data_bytes, path);
}

File::~File() = default;
File::File(File&&) noexcept = default;
File& File::operator=(File&&) noexcept = default;

const std::map<std::string, std::string>& File::metadata() const
{
    return impl_->metadata;
}
const std::map<std::string, View>& File::tensors() const
{
    return impl_->tensors;
}

const View& File::at(const std::string& name, Dtype dtype) const
{
    const auto found = impl_->tensors.find(name);
    if (found == impl_->tensors.end())
        throw Error({ "missing tensor '" + name + "'", impl_->path, "", "" });
    if (found->second.dtype != dtype)
        throw Error({ "tensor '" + name + "' has the wrong type", impl_->path, to_string(found->second.dtype),
                      to_string(dtype) });
    return found->second;
}

void File::read(const View& tensor, std::size_t first, std::size_t bytes, void* out) const
{
    PRUNEDAMR_CHECK(first <= tensor.size_bytes && bytes <= tensor.size_bytes - first, "a range of the tensor");
    impl_->file.read(tensor.offset + first, bytes, out);
}

void File::check_unchanged() const
{
    impl_->file.check_unchanged();
}

std::string file_header(const std::map<std::string, Layout>& tensors,
                        const std::map<std::string, std::string>& metadata, std::size_t min_bytes)
{
    nlohmann::json header = nlohmann::json::object();
    if (!metadata.empty())
        header["__metadata__"] = metadata;
    std::uint64_t offset = 0;
    for (const auto& [name, tensor] : tensors) {
        std::uint64_t end = offset + size_of(tensor.dtype) * count_of(tensor.shape);
        header[name] = { { "dtype", to_string(tensor.dtype) },
                         { "shape", tensor.shape },
                         { "data_offsets", { offset, end } } };
        offset = end;
    }
    const std::string text = header.dump();
    std::string bytes(8, '\0');
    bytes += text;
    bytes.resize((std::max(bytes.size(), min_bytes) + 7) / 8 * 8, ' ');
    for (int i = 0; i < 8; ++i)
        bytes[i] = static_cast<char>((bytes.size() - 8) >> (8 * i) & 0xff);
    return bytes;
}

void write(const std::string& path, const std::map<std::string, View>& tensors,
           const std::map<std::string, std::string>& metadata)
{
    std::map<std::string, Layout> layouts;
    for (const auto& [name, view] : tensors)
        layouts[name] = { view.dtype, view.shape };
    const std::string header = file_header(layouts, metadata);
    write_atomically(path, [&](const std::string& temporary) {
        std::ofstream file(temporary, std::ios::binary);
        file.write(header.data(), static_cast<std::streamsize>(header.size()));
        for (const auto& [name, view] : tensors)
            file.write(reinterpret_cast<const char*>(view.data), static_cast<std::streamsize>(view.size_bytes));
        file.close();
        if (!file)
            throw SystemError("cannot write", path, errno);
    });
}

} // namespace prunedamr::safetensors
