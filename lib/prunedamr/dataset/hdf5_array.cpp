// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dataset/hdf5_array.h"

#include "prunedamr/base/deflate.h"
#include "prunedamr/base/error.h"

#include <nlohmann/json.hpp>

#include <sys/stat.h>

namespace prunedamr::dataset {
namespace {

constexpr hsize_t kMaxChunkBytes = hsize_t{ 256 } << 20;
constexpr hsize_t kMaxElements = hsize_t{ 1 } << 48;

hid_t native(float)
{
    return H5T_NATIVE_FLOAT;
}
hid_t native(double)
{
    return H5T_NATIVE_DOUBLE;
}

/// Bytes of `shape` elements, or `kMaxElements` times `element_bytes` when there are more.
hsize_t size_of(const std::vector<hsize_t>& shape, hsize_t element_bytes)
{
    hsize_t count = 1;
    for (const hsize_t extent : shape)
        count = extent != 0 && count > kMaxElements / extent ? kMaxElements : count * extent;
    return count * element_bytes;
}

} // namespace

bool has_array(hid_t file, const char* name)
{
    const QuietErrors quiet;
    H5L_info_t link{};
    if (H5Lexists(file, name, H5P_DEFAULT) <= 0 || H5Lget_info(file, name, &link, H5P_DEFAULT) < 0)
        return false;
    return link.type == H5L_TYPE_HARD && Handle(H5Dopen2(file, name, H5P_DEFAULT), H5Dclose) >= 0;
}

namespace {

/// The file and object that a link of another file names.
std::string target_of(hid_t file, const char* name, const H5L_info_t& link)
{
    std::vector<char> value(link.u.val_size + 1, '\0');
    const char *other = nullptr, *object = nullptr;
    if (H5Lget_val(file, name, value.data(), link.u.val_size, H5P_DEFAULT) < 0)
        return "elsewhere";
    if (link.type == H5L_TYPE_SOFT)
        return value.data();
    if (H5Lunpack_elink_val(value.data(), link.u.val_size, nullptr, &other, &object) < 0)
        return "elsewhere";
    return other;
}

std::string other_file_of(const Handle& set)
{
    const Handle options(H5Dget_create_plist(set), H5Pclose);
    if (H5Pget_external_count(options) != 0) {
        char other[256] = "";
        H5Pget_external(options, 0, sizeof other - 1, other, nullptr, nullptr);
        return std::string("raw data in ") + other;
    }
    const H5D_layout_t layout = H5Pget_layout(options);
    return layout == H5D_COMPACT || layout == H5D_CONTIGUOUS || layout == H5D_CHUNKED ? "" : "a virtual data set";
}

} // namespace

std::string outside_storage(hid_t file, const char* name)
{
    const QuietErrors quiet;
    H5L_info_t link{};
    if (H5Lexists(file, name, H5P_DEFAULT) <= 0 || H5Lget_info(file, name, &link, H5P_DEFAULT) < 0)
        return "";
    if (link.type != H5L_TYPE_HARD)
        return "a link to " + target_of(file, name, link);
    const Handle set(H5Dopen2(file, name, H5P_DEFAULT), H5Dclose);
    return set < 0 ? "" : other_file_of(set);
}

void check_stored_inside(const std::string& path)
{
    const QuietErrors quiet;
    const Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
    std::string found;
    const auto look = [](hid_t root, const char* name, const H5L_info_t* link, void* result) -> herr_t {
        if (link->type == H5L_TYPE_SOFT) // what it names is looked at by itself
            return 0;
        const std::string elsewhere = outside_storage(root, name);
        if (!elsewhere.empty())
            *static_cast<std::string*>(result) = "'" + std::string(name) + "' is " + elsewhere;
        return elsewhere.empty() ? 0 : 1;
    };
    if (file >= 0)
        H5Lvisit(file, H5_INDEX_NAME, H5_ITER_NATIVE, look, &found);
    if (!found.empty())
        throw Error({ "part of the file is stored elsewhere", path, found, "everything in the file itself" });
}

hsize_t bytes_on_disk(hid_t object)
{
    const Handle file(H5Iget_file_id(object), H5Fclose);
    void* descriptor = nullptr;
    struct stat found {
    };
    if (H5Fget_vfd_handle(file, H5P_DEFAULT, &descriptor) < 0 || ::fstat(*static_cast<int*>(descriptor), &found) != 0)
        return 0;
    return static_cast<hsize_t>(found.st_size);
}

void Hdf5Array::refuse(const std::string& problem, const std::string& found, const std::string& expected) const
{
    throw Error({ "array '" + name_ + "' " + problem, path_, found, expected });
}

Hdf5Array::Hdf5Array(hid_t file, const std::string& name, const std::string& path) : name_(name), path_(path)
{
    const QuietErrors quiet;
    if (const std::string elsewhere = outside_storage(file, name.c_str()); !elsewhere.empty())
        refuse("is stored outside the file", elsewhere, "its values in the file itself");
    if (!has_array(file, name.c_str()))
        refuse("is missing", "", "");
    set_ = Handle(H5Dopen2(file, name.c_str(), H5P_DEFAULT), H5Dclose);
    const Handle space(H5Dget_space(set_), H5Sclose);
    const int rank = H5Sget_simple_extent_ndims(space);
    if (rank < 1)
        refuse("has no axes", "", "");
    shape_.resize(static_cast<std::size_t>(rank));
    H5Sget_simple_extent_dims(space, shape_.data(), nullptr);
    const Handle type(H5Dget_type(set_), H5Tclose);
    const H5T_class_t kind = H5Tget_class(type);
    if (kind != H5T_FLOAT && kind != H5T_INTEGER)
        refuse("has the wrong type", "neither float nor integer", "numbers");
    is_float_ = kind == H5T_FLOAT;
    element_bytes_ = H5Tget_size(type);
    file_bytes_ = bytes_on_disk(set_);
    check_storage();
}

void Hdf5Array::check_storage() const
{
    const Handle options(H5Dget_create_plist(set_), H5Pclose);
    const H5D_layout_t layout = H5Pget_layout(options);
    hsize_t ratio = 1;
    if (layout == H5D_CHUNKED) {
        std::vector<hsize_t> chunk(shape_.size());
        if (H5Pget_chunk(options, static_cast<int>(chunk.size()), chunk.data()) < 0 ||
            size_of(chunk, element_bytes_) >= kMaxChunkBytes)
            refuse("has chunks that are too large", nlohmann::json(chunk).dump(), "less than 256 MiB each");
        ratio = kMaxDeflateRatio;
    }
    const hsize_t stored = H5Dget_storage_size(set_);
    if (size_of(shape_, element_bytes_) / ratio > stored)
        refuse("is not in the file", std::to_string(stored) + " stored bytes", "shape " + shape_text());
}

std::string Hdf5Array::shape_text() const
{
    return nlohmann::json(shape_).dump();
}

template <typename T> void Hdf5Array::read_rows(hsize_t first, hsize_t count, T* out) const
{
    const QuietErrors quiet;
    std::vector<hsize_t> start(shape_.size(), 0), extent = shape_;
    start[0] = first;
    extent[0] = count;
    const Handle space(H5Dget_space(set_), H5Sclose);
    const Handle memory(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), H5Sclose);
    if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, extent.data(), nullptr) < 0 ||
        H5Dread(set_, native(T{}), memory, space, H5P_DEFAULT, out) < 0 || bytes_on_disk(set_) < file_bytes_)
        refuse("is damaged", "rows " + std::to_string(first) + ".." + std::to_string(first + count - 1), "");
}

template void Hdf5Array::read_rows(hsize_t, hsize_t, float*) const;
template void Hdf5Array::read_rows(hsize_t, hsize_t, double*) const;

} // namespace prunedamr::dataset
