// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/deflate.h"
#include "prunedamr/base/error.h"
#include "prunedamr/base/half.h"
#include "prunedamr/dataset/dataset_file.h"
#include "prunedamr/dataset/hdf5_array.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace prunedamr::dataset {
namespace {

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
template <> hid_t native_type<Split>()
{
    return H5T_NATIVE_UINT8;
}

/// IEEE binary16, little endian, as h5py writes numpy's float16. Frames of this type are moved as bits: HDF5 1.10
/// converts it in software.
Handle half_type()
{
    Handle type(H5Tcopy(H5T_IEEE_F32LE), H5Tclose);
    H5Tset_fields(type, 15, 10, 5, 0, 10);
    H5Tset_size(type, 2);
    H5Tset_ebias(type, 15);
    return type;
}

constexpr std::int64_t kRoundBytes = 4 << 20; // float16 samples held besides the frames
const char* const kAttributes[] = { "class_names", "front_end", "provenance" };

std::string to_text(const std::vector<hsize_t>& shape)
{
    return nlohmann::json(shape).dump();
}

std::string read_attribute(hid_t file, const char* name, const std::string& path)
{
    const Handle attribute(H5Aopen(file, name, H5P_DEFAULT), H5Aclose);
    if (attribute < 0)
        throw Error({ std::string("not a data set: missing attribute '") + name + "'", path, "",
                      "one of prunedamr; `prunedamr data import` makes one of files of other forms" });
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
    if (const std::string elsewhere = outside_storage(file, name); !elsewhere.empty())
        throw Error({ std::string("field '") + name + "' is stored outside the file", path, elsewhere,
                      "its values in the file itself" });
    const hid_t id = H5Dopen2(file, name, H5P_DEFAULT);
    if (id < 0)
        throw Error({ std::string("not a data set: missing field '") + name + "'", path, "", "" });
    return Handle(id, H5Dclose);
}

/// Opens a field that must have this shape and class of type, and whose values the file's own bytes can hold.
Handle open_checked(hid_t file, const char* name, const std::vector<hsize_t>& expected, H5T_class_t expected_class,
                    const std::string& path)
{
    Handle set = open_field(file, name, path);
    const auto shape = shape_of(set, name, path);
    if (shape != expected)
        throw Error(
            { std::string("field '") + name + "' has the wrong shape", path, to_text(shape), to_text(expected) });
    const H5T_class_t found_class = H5Tget_class(Handle(H5Dget_type(set), H5Tclose));
    if (found_class != expected_class)
        throw Error({ std::string("field '") + name + "' has the wrong type", path,
                      found_class == H5T_FLOAT     ? "floating point"
                      : found_class == H5T_INTEGER ? "integer"
                                                   : "another type",
                      expected_class == H5T_FLOAT ? "floating point" : "integer" });
    hsize_t count = 1, file_bytes = 0;
    for (const hsize_t n : shape)
        count *= n;
    H5Fget_filesize(file, &file_bytes);
    const hsize_t stored = std::min(H5Dget_storage_size(set), file_bytes);
    if (count / kMaxDeflateRatio > stored)
        throw Error({ std::string("field '") + name + "' is not in the file", path,
                      std::to_string(stored) + " stored bytes", std::to_string(count) + " values" });
    return set;
}

template <typename T>
std::vector<T> read_field(hid_t file, const char* name, hsize_t count, const std::string& path)
{
    const Handle set = open_checked(file, name, { count }, H5Tget_class(native_type<T>()), path);
    std::vector<T> values(count);
    if (count > 0 && H5Dread(set, native_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
        throw Error({ std::string("cannot read field '") + name + "'", path, "damaged data", "" });
    return values;
}

class StoredHdf5 : public DatasetReader
{
public:
    explicit StoredHdf5(const std::string& path)
        : path_(path), file_(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose)
    {
        if (file_ < 0)
            throw Error({ "not an HDF5 file, or damaged", path, "", "" });
        std::map<std::string, std::string> metadata;
        for (const char* name : kAttributes)
            metadata[name] = read_attribute(file_, name, path);
        unpack_metadata(metadata, path, fields);
        const hsize_t count = shape_of(open_field(file_, "label", path), "label", path)[0];
        fields.label = read_field<std::int32_t>(file_, "label", count, path);
        fields.snr_db = read_field<float>(file_, "snr_db", count, path);
        fields.group = read_field<std::int64_t>(file_, "group", count, path);
        fields.part = read_field<Split>(file_, "part", count, path);
        frames_ =
            open_checked(file_, "frames", { count, 2, static_cast<hsize_t>(fields.length()) }, H5T_FLOAT, path);
        file_bytes_ = bytes_on_disk(frames_);
        half_ = half_type();
        if (H5Tequal(Handle(H5Dget_type(frames_), H5Tclose), half_) > 0)
            samples = SampleType::float16;
    }

    void read_frames(std::int64_t first, std::int64_t count, float* frames) override
    {
        const QuietErrors quiet;
        const std::int64_t frame = 2 * fields.length();
        if (samples == SampleType::float32)
            return read_range(first, count, H5T_NATIVE_FLOAT, frames);
        const std::int64_t max_count = std::max<std::int64_t>(1, kRoundBytes / (2 * frame));
        for (std::int64_t done = 0; done < count; done += max_count) {
            const std::int64_t some = std::min(max_count, count - done);
            bits_.resize(static_cast<std::size_t>(some * frame));
            read_range(first + done, some, half_, bits_.data());
            from_half(bits_.data(), bits_.size(), frames + done * frame);
        }
    }

private:
    void read_range(std::int64_t first, std::int64_t count, hid_t type, void* values)
    {
        if (count == 0)
            return;
        const hsize_t begin[3] = { static_cast<hsize_t>(first), 0, 0 };
        const hsize_t shape[3] = { static_cast<hsize_t>(count), 2, static_cast<hsize_t>(fields.length()) };
        const Handle in_file(H5Dget_space(frames_), H5Sclose);
        const Handle in_memory(H5Screate_simple(3, shape, nullptr), H5Sclose);
        if (H5Sselect_hyperslab(in_file, H5S_SELECT_SET, begin, nullptr, shape, nullptr) < 0 ||
            H5Dread(frames_, type, in_memory, in_file, H5P_DEFAULT, values) < 0 ||
            bytes_on_disk(frames_) < file_bytes_)
            throw Error(
                { "cannot read field 'frames'", path_,
                  "damaged data in frames " + std::to_string(first) + ".." + std::to_string(first + count - 1),
                  "" });
    }

    std::string path_;
    Handle file_, frames_, half_;
    hsize_t file_bytes_ = 0;
    std::vector<std::uint16_t> bits_;
};

/// HDF5 is also the container of other data sets; this one has its classes as an attribute.
bool is_hdf5_dataset(const FileHead& head)
{
    if (!head.is_hdf5())
        return false;
    const QuietErrors quiet;
    const Handle file(H5Fopen(head.path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
    return file >= 0 && H5Aexists(file, kAttributes[0]) > 0;
}

} // namespace

std::unique_ptr<DatasetReader> open_hdf5_dataset(const std::string& path)
{
    const QuietErrors quiet;
    auto stored = std::make_unique<StoredHdf5>(path);
    check_header(stored->fields, path);
    check_fields(stored->fields, stored->fields, 0, path);
    return stored;
}

DatasetFormat hdf5_dataset_form()
{
    return { "data set of prunedamr (HDF5)", is_hdf5_dataset,
             [](const std::string& path) { return dataset_source(open_hdf5_dataset(path), path); } };
}

namespace {

constexpr unsigned kDeflateLevel = 1;
constexpr hsize_t kChunkBytes = 1 << 20; // the default chunk cache holds one

class Hdf5Sink : public DatasetBackend
{
public:
    Hdf5Sink(const std::string& temporary, const Dataset& header, SampleType samples, const std::string& path)
        : path_(path), samples_(samples), length_(static_cast<hsize_t>(header.length())),
          file_(H5Fcreate(temporary.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose)
    {
        if (file_ < 0)
            throw Error({ "cannot create", path, "", "a writable folder" });
        const bool half = samples == SampleType::float16;
        type_ = half ? half_type() : Handle(H5Tcopy(H5T_NATIVE_FLOAT), H5Tclose);
        const hsize_t row_bytes = 2 * length_ * (half ? 2 : 4);
        frames_ = create("frames", type_, { 0, 2, length_ }, std::max<hsize_t>(1, kChunkBytes / row_bytes));
    }

    ~Hdf5Sink() override
    {
        const QuietErrors quiet;
        frames_ = Handle();
        file_ = Handle();
    }

    void append(const float* frames, std::int64_t count) override
    {
        const QuietErrors quiet;
        const void* values = frames;
        if (samples_ == SampleType::float16) {
            half_.resize(static_cast<std::size_t>(count) * 2 * length_);
            pack_half(frames, count, static_cast<std::int64_t>(length_), static_cast<std::int64_t>(written_), path_,
                      half_.data());
            values = half_.data();
        }
        const hsize_t begin[3] = { written_, 0, 0 }, shape[3] = { static_cast<hsize_t>(count), 2, length_ };
        written_ += shape[0];
        const hsize_t all[3] = { written_, 2, length_ };
        if (count == 0)
            return;
        require(H5Dset_extent(frames_, all), "frames");
        const Handle in_file(H5Dget_space(frames_), H5Sclose);
        const Handle in_memory(H5Screate_simple(3, shape, nullptr), H5Sclose);
        require(H5Sselect_hyperslab(in_file, H5S_SELECT_SET, begin, nullptr, shape, nullptr), "frames");
        require(H5Dwrite(frames_, type_, in_memory, in_file, H5P_DEFAULT, values), "frames");
    }

    void finish(const Dataset& fields) override
    {
        const QuietErrors quiet;
        for (const auto& [name, value] : pack_metadata(fields))
            write_attribute(name, value);
        write_field("label", fields.label);
        write_field("snr_db", fields.snr_db);
        write_field("group", fields.group);
        write_field("part", fields.part);
        frames_ = Handle();
        require(H5Fflush(file_, H5F_SCOPE_GLOBAL), "the file");
        file_ = Handle();
    }

private:
    void require(herr_t status, const char* what) const
    {
        if (status < 0)
            throw Error({ std::string("cannot write ") + what, path_, "", "room on the disk" });
    }

    /// `shape` with no rows at first, to grow by chunks of `chunk_rows`. Equal content gives equal bytes: no times.
    Handle create(const char* name, hid_t type, std::vector<hsize_t> shape, hsize_t chunk_rows) const
    {
        const int rank = static_cast<int>(shape.size());
        std::vector<hsize_t> max_shape = shape, chunk = shape;
        max_shape[0] = H5S_UNLIMITED;
        chunk[0] = chunk_rows;
        const Handle space(H5Screate_simple(rank, shape.data(), max_shape.data()), H5Sclose);
        const Handle options(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
        H5Pset_obj_track_times(options, false);
        H5Pset_chunk(options, rank, chunk.data());
        H5Pset_shuffle(options);
        H5Pset_deflate(options, kDeflateLevel);
        Handle set(H5Dcreate2(file_, name, type, space, H5P_DEFAULT, options, H5P_DEFAULT), H5Dclose);
        require(set < 0 ? -1 : 0, name);
        return set;
    }

    template <typename T> void write_field(const char* name, const std::vector<T>& values) const
    {
        const hsize_t count = values.size();
        const Handle set =
            create(name, native_type<T>(), { count }, std::clamp<hsize_t>(count, 1, kChunkBytes / sizeof(T)));
        if (count > 0)
            require(H5Dwrite(set, native_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), name);
    }

    void write_attribute(const std::string& name, const std::string& value) const
    {
        const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
        H5Tset_size(type, H5T_VARIABLE);
        H5Tset_cset(type, H5T_CSET_UTF8);
        const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
        const Handle attribute(H5Acreate2(file_, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
        const char* text = value.c_str();
        require(attribute < 0 ? -1 : H5Awrite(attribute, type, &text), name.c_str());
    }

    std::string path_;
    SampleType samples_;
    hsize_t length_;
    hsize_t written_ = 0;
    Handle file_, type_, frames_;
    std::vector<std::uint16_t> half_;
};

} // namespace

std::unique_ptr<DatasetBackend> create_hdf5_dataset(const std::string& temporary, const Dataset& header,
                                                    SampleType samples, const std::string& path)
{
    const QuietErrors quiet;
    return std::make_unique<Hdf5Sink>(temporary, header, samples, path);
}

} // namespace prunedamr::dataset
