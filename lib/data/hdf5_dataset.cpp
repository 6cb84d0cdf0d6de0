// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/atomic_file.h"
#include "prunedamr/base/error.h"
#include "prunedamr/data/dataset_file.h"
#include "prunedamr/data/hdf5_handle.h"

#include <algorithm>
#include <hdf5.h>

namespace prunedamr::data {
namespace {

constexpr unsigned kDeflateLevel = 1;
constexpr hsize_t kChunkBytes = 1 << 20;
constexpr hsize_t kMaxDeflateRatio = 1100; // deflate cannot shrink more than about 1032 to 1
const char* const kAttributes[] = { "class_names", "front_end", "provenance" };

template <typename T> hid_t native_type();
template <> hid_t native_type<float>()
{
    return H5T_NATIVE_FLOAT;
}
template <> hid_t native_type<std::int32_t>()
{
    return H5T_NATIVE_INT32;
}
template <> hid_t native_type<std::int64_t>()
{
    return H5T_NATIVE_INT64;
}
template <> hid_t native_type<Part>()
{
    return H5T_NATIVE_UINT8;
}

std::string to_text(const std::vector<hsize_t>& shape)
{
    return nlohmann::json(shape).dump();
}

std::string read_attribute(hid_t file, const char* name, const std::string& path)
{
    const Handle attribute(H5Aopen(file, name, H5P_DEFAULT), H5Aclose);
    if (attribute < 0)
        throw Error({ std::string("not a data set: missing attribute '") + name + "'", path, "", "" });
    const Handle type(H5Aget_type(attribute), H5Tclose);
    const Handle space(H5Aget_space(attribute), H5Sclose);
    if (H5Tget_class(type) != H5T_STRING || H5Sget_simple_extent_npoints(space) != 1)
        throw Error({ std::string("attribute '") + name + "' has the wrong type", path, "", "one string" });
    if (H5Tis_variable_str(type) > 0) {
        char* text = nullptr;
        if (H5Aread(attribute, type, &text) < 0 || !text)
            throw Error({ std::string("cannot read attribute '") + name + "'", path, "", "" });
        std::string value(text);
        H5free_memory(text);
        return value;
    }
    std::string value(H5Tget_size(type), '\0');
    if (H5Aread(attribute, type, value.data()) < 0)
        throw Error({ std::string("cannot read attribute '") + name + "'", path, "", "" });
    value.resize(std::min(value.size(), value.find('\0')));
    return value;
}

void write_attribute(hid_t file, const std::string& name, const std::string& value, const std::string& path)
{
    const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
    const Handle attribute(H5Acreate2(file, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    const char* text = value.c_str();
    if (attribute < 0 || H5Awrite(attribute, type, &text) < 0)
        throw Error({ "cannot write attribute '" + name + "'", path, "", "" });
}

std::vector<hsize_t> shape_of(hid_t set, const char* name, const std::string& path)
{
    const Handle space(H5Dget_space(set), H5Sclose);
    const int rank = H5Sget_simple_extent_ndims(space);
    if (rank < 1)
        throw Error({ std::string("field '") + name + "' is not an array", path, "", "" });
    std::vector<hsize_t> shape(static_cast<std::size_t>(rank));
    H5Sget_simple_extent_dims(space, shape.data(), nullptr);
    return shape;
}

Handle open_field(hid_t file, const char* name, const std::string& path)
{
    const hid_t id = H5Dopen2(file, name, H5P_DEFAULT);
    if (id < 0)
        throw Error({ std::string("not a data set: missing field '") + name + "'", path, "", "" });
    return Handle(id, H5Dclose);
}

/// `expected` bounds the size that is allocated only as far as the file's own bytes can hold it.
template <typename T>
std::vector<T> read_field(hid_t file, const char* name, const std::vector<hsize_t>& expected,
                          const std::string& path)
{
    const Handle set = open_field(file, name, path);
    const auto shape = shape_of(set, name, path);
    if (shape != expected)
        throw Error(
            { std::string("field '") + name + "' has the wrong shape", path, to_text(shape), to_text(expected) });
    const Handle type(H5Dget_type(set), H5Tclose);
    const H5T_class_t kind = H5Tget_class(type);
    if (kind != H5Tget_class(native_type<T>()))
        throw Error({ std::string("field '") + name + "' has the wrong type", path,
                      kind == H5T_FLOAT     ? "floating point"
                      : kind == H5T_INTEGER ? "integer"
                                            : "another type",
                      H5Tget_class(native_type<T>()) == H5T_FLOAT ? "floating point" : "integer" });
    hsize_t count = 1;
    for (const hsize_t n : shape)
        count *= n;
    const hsize_t stored = H5Dget_storage_size(set);
    if (count / kMaxDeflateRatio > stored)
        throw Error({ std::string("field '") + name + "' is not in the file", path,
                      std::to_string(stored) + " stored bytes", std::to_string(count) + " values" });
    std::vector<T> values(count);
    if (count > 0 && H5Dread(set, native_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
        throw Error({ std::string("cannot read field '") + name + "'", path, "damaged data", "" });
    return values;
}

template <typename T>
void write_field(hid_t file, const char* name, const std::vector<T>& values, const std::vector<hsize_t>& shape,
                 const std::string& path)
{
    const Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose);
    const Handle options(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    if (!values.empty()) {
        std::vector<hsize_t> chunk = shape;
        const hsize_t row_bytes = values.size() / shape[0] * sizeof(T);
        chunk[0] = std::clamp<hsize_t>(kChunkBytes / row_bytes, 1, shape[0]);
        H5Pset_chunk(options, static_cast<int>(chunk.size()), chunk.data());
        H5Pset_deflate(options, kDeflateLevel);
    }
    const Handle set(H5Dcreate2(file, name, native_type<T>(), space, H5P_DEFAULT, options, H5P_DEFAULT), H5Dclose);
    if (set < 0 ||
        (!values.empty() && H5Dwrite(set, native_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0))
        throw Error({ std::string("cannot write field '") + name + "'", path, "", "" });
}

} // namespace

Dataset read_hdf5_dataset(const std::string& path)
{
    const QuietErrors quiet;
    const Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
    if (file < 0)
        throw Error({ "not an HDF5 file, or damaged", path, "", "" });
    std::map<std::string, std::string> metadata;
    for (const char* name : kAttributes)
        metadata[name] = read_attribute(file, name, path);
    Dataset dataset;
    unpack_metadata(metadata, path, dataset);
    const std::vector<hsize_t> shape = shape_of(open_field(file, "label", path), "label", path);
    const std::vector<hsize_t> rows = { shape[0] };
    dataset.label = read_field<std::int32_t>(file, "label", rows, path);
    dataset.snr_db = read_field<float>(file, "snr_db", rows, path);
    dataset.group = read_field<std::int64_t>(file, "group", rows, path);
    dataset.part = read_field<Part>(file, "part", rows, path);
    dataset.frames =
        read_field<float>(file, "frames", { shape[0], 2, static_cast<hsize_t>(dataset.length()) }, path);
    return dataset;
}

void write_hdf5_dataset(const Dataset& dataset, const std::string& path)
{
    write_atomically(path, [&](const std::string& temporary) {
        const QuietErrors quiet;
        const Handle file(H5Fcreate(temporary.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
        if (file < 0)
            throw Error({ "cannot create", path, "", "a writable folder" });
        for (const auto& [name, value] : pack_metadata(dataset))
            write_attribute(file, name, value, path);
        const std::vector<hsize_t> rows = { static_cast<hsize_t>(dataset.size()) };
        write_field(file, "label", dataset.label, rows, path);
        write_field(file, "snr_db", dataset.snr_db, rows, path);
        write_field(file, "group", dataset.group, rows, path);
        write_field(file, "part", dataset.part, rows, path);
        write_field(file, "frames", dataset.frames, { rows[0], 2, static_cast<hsize_t>(dataset.length()) }, path);
        if (H5Fflush(file, H5F_SCOPE_GLOBAL) < 0)
            throw Error({ "cannot write", path, "", "" });
    });
}

} // namespace prunedamr::data
