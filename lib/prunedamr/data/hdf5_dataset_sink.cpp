// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/data/dataset_file.h"
#include "prunedamr/data/hdf5_dataset.h"

#include <algorithm>

namespace prunedamr::data {
namespace {

constexpr unsigned kDeflateLevel = 1;
constexpr hsize_t kChunkBytes = 1 << 20; // the default chunk cache holds one

class Sink : public DatasetSink
{
public:
    Sink(const std::string& temporary, const Dataset& header, SampleType samples, const std::string& path)
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

    ~Sink() override
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
        std::vector<hsize_t> most = shape, chunk = shape;
        most[0] = H5S_UNLIMITED;
        chunk[0] = chunk_rows;
        const Handle space(H5Screate_simple(rank, shape.data(), most.data()), H5Sclose);
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

std::unique_ptr<DatasetSink> create_hdf5_dataset(const std::string& temporary, const Dataset& header,
                                                 SampleType samples, const std::string& path)
{
    const QuietErrors quiet;
    return std::make_unique<Sink>(temporary, header, samples, path);
}

} // namespace prunedamr::data
