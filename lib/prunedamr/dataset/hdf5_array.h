// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <hdf5.h>

#include <string>
#include <utility>
#include <vector>

namespace prunedamr::dataset {

/// Whether the root of `file` holds an array of that name itself, not a link to elsewhere.
bool has_array(hid_t file, const char* name);

/// Where HDF5 would look for what the root of `file` calls `name`: empty when that is in the file itself, else "a link
/// to other.h5", "raw data in other.bin" or "a virtual data set". Nothing of the other file is opened.
std::string outside_storage(hid_t file, const char* name);

/// Throws `Error` naming the first object of an HDF5 file, in whatever group, that is stored in another one. For
/// readers that open whatever they find.
void check_stored_inside(const std::string& path);

/// The size that the file of an open object has now [bytes]. HDF5 itself gives zeros for what is cut off meanwhile.
hsize_t bytes_on_disk(hid_t object);

/// An HDF5 identifier, closed at the end of its scope.
class Handle
{
public:
    Handle() = default;
    Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
    ~Handle()
    {
        if (id_ >= 0)
            close_(id_);
    }
    Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
    Handle& operator=(Handle&& other) noexcept
    {
        std::swap(id_, other.id_);
        std::swap(close_, other.close_);
        return *this;
    }
    operator hid_t() const { return id_; }

private:
    hid_t id_ = -1;
    herr_t (*close_)(hid_t) = nullptr;
};

/// HDF5 prints its error stack by default; the one-line `Error` replaces it.
class QuietErrors
{
public:
    QuietErrors()
    {
        H5Eget_auto2(H5E_DEFAULT, &function_, &data_);
        H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    }
    ~QuietErrors() { H5Eset_auto2(H5E_DEFAULT, function_, data_); }
    QuietErrors(const QuietErrors&) = delete;
    QuietErrors& operator=(const QuietErrors&) = delete;

private:
    H5E_auto2_t function_ = nullptr;
    void* data_ = nullptr;
};

/// An array of numbers in an HDF5 file of others, read by rows of its first axis. What would make HDF5 reach for
/// other files or allocate what the file does not hold is refused: external and virtual storage, chunks of 256 MiB
/// and more, a shape beyond what the stored bytes could hold.
class Hdf5Array
{
public:
    /// Throws `Error` naming `path` and the array.
    Hdf5Array(hid_t file, const std::string& name, const std::string& path);

    const std::vector<hsize_t>& shape() const { return shape_; }
    std::string shape_text() const;
    bool is_float() const { return is_float_; }

    /// Rows first..first + count - 1, converted to T (float or double), to `out`. Throws `Error` when they are
    /// damaged.
    template <typename T> void read_rows(hsize_t first, hsize_t count, T* out) const;

private:
    void check_storage() const;
    [[noreturn]] void refuse(const std::string& problem, const std::string& found,
                             const std::string& expected) const;

    std::string name_;
    std::string path_;
    Handle set_;
    std::vector<hsize_t> shape_;
    hsize_t element_bytes_ = 0, file_bytes_ = 0;
    bool is_float_ = false;
};

} // namespace prunedamr::dataset
