// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/base/safetensors.h"
#include "prunedamr/dataset/dataset_file.h"
#include "prunedamr/base/half.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <fstream>

namespace prunedamr::dataset {
namespace {

using safetensors::Dtype;
using safetensors::Layout;
using safetensors::View;

constexpr std::size_t kHalvesAtATime = 1 << 19;           // 1 MiB
constexpr std::int64_t kMaxFrames = std::int64_t{ 1 } << 40; // what the header leaves digits for

std::string to_text(const std::vector<std::int64_t>& shape)
{
    return nlohmann::json(shape).dump();
}

void require_shape(const View& view, const std::string& name, const std::vector<std::int64_t>& shape,
                   const std::string& path)
{
    if (view.shape != shape)
        throw Error({ "tensor '" + name + "' has the wrong shape", path, to_text(view.shape), to_text(shape) });
}

template <typename T>
std::vector<T> read_tensor(const safetensors::File& file, const std::string& name, Dtype dtype, std::int64_t count,
                           const std::string& path)
{
    const View& view = file.at(name, dtype);
    require_shape(view, name, { count }, path);
    return file.values<T>(view);
}

std::map<std::string, Layout> layouts(const Dataset& header, SampleType samples, std::int64_t count)
{
    return { { "frames",
               { samples == SampleType::float16 ? Dtype::f16 : Dtype::f32, { count, 2, header.length() } } },
             { "label", { Dtype::i32, { count } } },
             { "snr_db", { Dtype::f32, { count } } },
             { "group", { Dtype::i64, { count } } },
             { "part", { Dtype::u8, { count } } } };
}

class StoredSafetensors : public DatasetReader
{
public:
    explicit StoredSafetensors(const std::string& path) : file_(path)
    {
        unpack_metadata(file_.metadata(), path, fields);
        const auto& label_shape = file_.at("label", Dtype::i32).shape;
        if (label_shape.size() != 1)
            throw Error({ "tensor 'label' has the wrong shape", path, to_text(label_shape), "[frames]" });
        const std::int64_t count = label_shape[0];
        fields.label = read_tensor<std::int32_t>(file_, "label", Dtype::i32, count, path);
        fields.snr_db = read_tensor<float>(file_, "snr_db", Dtype::f32, count, path);
        fields.group = read_tensor<std::int64_t>(file_, "group", Dtype::i64, count, path);
        fields.part = read_tensor<Split>(file_, "part", Dtype::u8, count, path);
        const auto frames = file_.tensors().find("frames");
        if (frames != file_.tensors().end() && frames->second.dtype == Dtype::f16)
            samples = SampleType::float16;
        frames_ = &file_.at("frames", samples == SampleType::float16 ? Dtype::f16 : Dtype::f32);
        require_shape(*frames_, "frames", { count, 2, fields.length() }, path);
    }

    void read_frames(std::int64_t first, std::int64_t count, float* frames) override
    {
        const auto frame = static_cast<std::size_t>(2 * fields.length());
        const auto floats = static_cast<std::size_t>(count) * frame;
        const std::size_t start = static_cast<std::size_t>(first) * frame * size_of(frames_->dtype);
        if (samples == SampleType::float32)
            return file_.read(*frames_, start, floats * sizeof(float), frames);
        half_.resize(std::min(floats, kHalvesAtATime));
        for (std::size_t i = 0; i < floats; i += kHalvesAtATime) {
            const std::size_t some = std::min(kHalvesAtATime, floats - i);
            file_.read(*frames_, start + 2 * i, 2 * some, half_.data());
            from_half(half_.data(), some, frames + i);
        }
    }

private:
    safetensors::File file_;
    const View* frames_ = nullptr;
    std::vector<std::uint16_t> half_;
};

/// The frames come first in the file, so that it grows with them; the room before them takes the header at the end.
class SafetensorsSink : public DatasetBackend
{
public:
    SafetensorsSink(const std::string& temporary, const Dataset& header, SampleType samples, const std::string& path)
        : path_(path), samples_(samples), length_(header.length()), file_(temporary, std::ios::binary)
    {
        const std::string room = file_header(layouts(header, samples, kMaxFrames), pack_metadata(header));
        header_bytes_ = room.size();
        write(room.data(), room.size());
    }

    void append(const float* frames, std::int64_t count) override
    {
        const auto floats = static_cast<std::size_t>(count * 2 * length_);
        if (samples_ == SampleType::float16) {
            half_.resize(floats);
            pack_half(frames, count, length_, written_, path_, half_.data());
            write(half_.data(), floats * sizeof(half_[0]));
        } else {
            write(frames, floats * sizeof(float));
        }
        written_ += count;
    }

    void finish(const Dataset& fields) override
    {
        write_all(fields.group); // in the order of the names
        write_all(fields.label);
        write_all(fields.part);
        write_all(fields.snr_db);
        const std::string header =
            file_header(layouts(fields, samples_, fields.size()), pack_metadata(fields), header_bytes_);
        PRUNEDAMR_CHECK(header.size() == header_bytes_, "the header has outgrown its room");
        file_.seekp(0);
        write(header.data(), header.size());
        file_.close();
        require_good();
    }

private:
    void write(const void* bytes, std::size_t count)
    {
        file_.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(count));
        require_good();
    }

    template <typename T> void write_all(const std::vector<T>& values)
    {
        write(values.data(), values.size() * sizeof(T));
    }

    void require_good() const
    {
        if (!file_)
            throw SystemError("cannot write", path_, errno);
    }

    std::string path_;
    SampleType samples_;
    std::int64_t length_;
    std::int64_t written_ = 0;
    std::size_t header_bytes_ = 0;
    std::vector<std::uint16_t> half_;
    std::ofstream file_;
};

bool is_safetensors(const FileHead& head)
{
    return head.bytes.size() > 8 && head.bytes[8] == '{' && head.bytes.compare(4, 4, std::string(4, '\0')) == 0;
}

} // namespace

std::unique_ptr<DatasetReader> open_safetensors_dataset(const std::string& path)
{
    auto stored = std::make_unique<StoredSafetensors>(path);
    check_header(stored->fields, path);
    check_fields(stored->fields, stored->fields, 0, path);
    return stored;
}

std::unique_ptr<DatasetBackend> create_safetensors_dataset(const std::string& temporary, const Dataset& header,
                                                           SampleType samples, const std::string& path)
{
    return std::make_unique<SafetensorsSink>(temporary, header, samples, path);
}

DatasetFormat safetensors_dataset_form()
{
    return { "data set of prunedamr (.safetensors)", is_safetensors,
             [](const std::string& path) { return dataset_source(open_safetensors_dataset(path), path); } };
}

} // namespace prunedamr::dataset
