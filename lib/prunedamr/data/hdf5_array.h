// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/hdf5_handle.h"

#include <string>
#include <vector>

namespace prunedamr::data {

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
    hsize_t element_bytes_ = 0;
    bool is_float_ = false;
};

/// Whether the root of `file` holds an array of that name itself, not a link to another file.
bool has_array(hid_t file, const char* name);

} // namespace prunedamr::data
