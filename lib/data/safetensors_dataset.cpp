// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/base/safetensors.h"
#include "prunedamr/data/dataset_file.h"

#include <cstring>

namespace prunedamr::data {
namespace {

using safetensors::Dtype;
using safetensors::View;

std::string to_text(const std::vector<std::int64_t>& shape)
{
    return nlohmann::json(shape).dump();
}

template <typename T>
std::vector<T> read_tensor(const safetensors::File& file, const std::string& name, Dtype dtype,
                           const std::vector<std::int64_t>& shape, const std::string& path)
{
    const View& view = file.at(name, dtype);
    if (view.shape != shape)
        throw Error({ "tensor '" + name + "' has the wrong shape", path, to_text(view.shape), to_text(shape) });
    std::vector<T> values(view.count());
    if (!values.empty())
        std::memcpy(values.data(), view.data, view.size_bytes);
    return values;
}

template <typename T> View view_of(const std::vector<T>& values, Dtype dtype, std::vector<std::int64_t> shape)
{
    return { dtype, std::move(shape), reinterpret_cast<const std::byte*>(values.data()),
             values.size() * sizeof(T) };
}

} // namespace

Dataset read_safetensors_dataset(const std::string& path)
{
    const safetensors::File file(path);
    Dataset dataset;
    unpack_metadata(file.metadata(), path, dataset);
    const auto& label_shape = file.at("label", Dtype::i32).shape;
    if (label_shape.size() != 1)
        throw Error({ "tensor 'label' has the wrong shape", path, to_text(label_shape), "[frames]" });
    const std::int64_t count = label_shape[0];
    dataset.label = read_tensor<std::int32_t>(file, "label", Dtype::i32, { count }, path);
    dataset.snr_db = read_tensor<float>(file, "snr_db", Dtype::f32, { count }, path);
    dataset.group = read_tensor<std::int64_t>(file, "group", Dtype::i64, { count }, path);
    dataset.part = read_tensor<Part>(file, "part", Dtype::u8, { count }, path);
    dataset.frames = read_tensor<float>(file, "frames", Dtype::f32, { count, 2, dataset.length() }, path);
    return dataset;
}

void write_safetensors_dataset(const Dataset& dataset, const std::string& path)
{
    const std::int64_t count = dataset.size();
    safetensors::write(path,
                       { { "frames", view_of(dataset.frames, Dtype::f32, { count, 2, dataset.length() }) },
                         { "label", view_of(dataset.label, Dtype::i32, { count }) },
                         { "snr_db", view_of(dataset.snr_db, Dtype::f32, { count }) },
                         { "group", view_of(dataset.group, Dtype::i64, { count }) },
                         { "part", view_of(dataset.part, Dtype::u8, { count }) } },
                       pack_metadata(dataset));
}

} // namespace prunedamr::data
