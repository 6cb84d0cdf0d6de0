// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/formats/mat_frames.h"

#include "prunedamr/base/deflate.h"
#include "prunedamr/base/error.h"
#ifdef PRUNEDAMR_HAVE_HDF5
#include "prunedamr/dataset/hdf5_array.h"
#endif

#include <matio.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <climits>
#include <filesystem>
#include <fstream>
#include <map>

namespace prunedamr::formats {
namespace {

constexpr std::size_t kMaxVariables = 1000;

struct FreeVariable {
    void operator()(matvar_t* variable) const { Mat_VarFree(variable); }
};
using Variable = std::unique_ptr<matvar_t, FreeVariable>;

MatVariable::Kind kind_of(const matvar_t& variable)
{
    if (variable.class_type >= MAT_C_DOUBLE && variable.class_type <= MAT_C_UINT64)
        return MatVariable::Kind::numbers;
    return variable.class_type == MAT_C_CHAR   ? MatVariable::Kind::text
           : variable.class_type == MAT_C_CELL ? MatVariable::Kind::cell
                                               : MatVariable::Kind::other;
}

template <typename T> void convert(const void* from, std::size_t first, std::size_t count, double* to)
{
    const T* values = static_cast<const T*>(from) + first;
    std::copy(values, values + count, to);
}

/// `count` elements behind element `first` of data that libmatio holds in the variable's class.
void convert(matio_classes type, const void* from, std::size_t first, std::size_t count, double* to)
{
    switch (type) {
    case MAT_C_DOUBLE:
        return convert<double>(from, first, count, to);
    case MAT_C_SINGLE:
        return convert<float>(from, first, count, to);
    case MAT_C_INT8:
        return convert<std::int8_t>(from, first, count, to);
    case MAT_C_UINT8:
        return convert<std::uint8_t>(from, first, count, to);
    case MAT_C_INT16:
        return convert<std::int16_t>(from, first, count, to);
    case MAT_C_UINT16:
        return convert<std::uint16_t>(from, first, count, to);
    case MAT_C_INT32:
        return convert<std::int32_t>(from, first, count, to);
    case MAT_C_UINT32:
        return convert<std::uint32_t>(from, first, count, to);
    case MAT_C_INT64:
        return convert<std::int64_t>(from, first, count, to);
    default:
        return convert<std::uint64_t>(from, first, count, to);
    }
}

std::size_t product(const std::vector<std::size_t>& extents)
{
    std::size_t count = 1;
    for (const std::size_t extent : extents)
        count *= extent;
    return count;
}

/// A char array as rows; libmatio holds its characters in one, two or four bytes, columns first.
std::vector<std::string> rows_of(const matvar_t& text)
{
    if (text.class_type != MAT_C_CHAR || text.rank != 2 || !text.data || text.data_size < 1)
        return {};
    std::vector<std::string> rows(text.dims[0]);
    const auto size = static_cast<std::size_t>(text.data_size);
    for (std::size_t i = 0; i < text.dims[0] * text.dims[1] && (i + 1) * size <= text.nbytes; ++i)
        rows[i % text.dims[0]] += static_cast<const char*>(text.data)[i * size];
    for (auto& row : rows)
        row.erase(row.find_last_not_of(std::string(" \0", 2)) + 1);
    return rows;
}

/// Elements as libmatio gives them, in the variable's class.
struct Raw {
    matio_classes type = MAT_C_DOUBLE;
    std::vector<std::byte> real, imaginary;

    void copy(std::size_t first, std::size_t count, std::size_t to, MatSlab& slab) const
    {
        convert(type, real.data(), first, count, slab.real.data() + to);
        if (!imaginary.empty())
            convert(type, imaginary.data(), first, count, slab.imaginary.data() + to);
    }
};

/// As libmatio tells it: by the version field, whatever the text before it says.
bool is_version73(const std::string& path)
{
    std::string head(128, '\0');
    std::ifstream(path, std::ios::binary).read(head.data(), static_cast<std::streamsize>(head.size()));
    const std::string version = head.substr(124);
    return version == std::string("\0\2IM", 4) || version == std::string("\2\0MI", 4);
}

} // namespace

std::string MatVariable::text() const
{
    static const char* const kinds[] = { "", " text", " cell", " of another class" };
    return name + " " + nlohmann::json(extents).dump() + (is_complex ? " complex" : kinds[static_cast<int>(kind)]);
}

struct MatFile::Impl {
    std::string path;
    mat_t* file = nullptr;
    std::size_t file_bytes = 0;
    std::vector<MatVariable> variables;
    std::map<std::string, Raw> whole; ///< variables of version 5 that were read

    ~Impl()
    {
        if (file)
            Mat_Close(file);
    }
    Variable describe(const std::string& name) const;
    Raw fetch(const MatVariable& variable, const std::vector<std::size_t>& start,
              const std::vector<std::size_t>& count) const;
    void check_size(const MatVariable& variable, int element_bytes) const;
    [[noreturn]] void refuse(const std::string& name, const std::string& problem) const
    {
        throw Error({ "variable '" + name + "' " + problem, path, "", "" });
    }
};

/// Refuses what the file could not hold.
void MatFile::Impl::check_size(const MatVariable& variable, int element_bytes) const
{
    std::size_t bytes = static_cast<std::size_t>(std::max(element_bytes, 1));
    for (const std::size_t extent : variable.extents) {
        if (extent > INT_MAX || (extent > 0 && bytes > SIZE_MAX / 2 / extent))
            refuse(variable.name, "is too large");
        bytes *= extent;
    }
    if (bytes > INT_MAX && Mat_GetVersion(file) != MAT_FT_MAT73)
        refuse(variable.name, "is larger than version 5 allows");
    if (bytes / kMaxDeflateRatio > file_bytes)
        throw Error(
            { "variable is not in the file", path, variable.text(), std::to_string(file_bytes) + " bytes" });
}

Variable MatFile::Impl::describe(const std::string& name) const
{
    Variable info(Mat_VarReadInfo(file, name.c_str()));
    if (!info)
        refuse(name, "cannot be read");
    return info;
}

/// Elements start..start + count - 1 along each axis; of version 5 all of them.
Raw MatFile::Impl::fetch(const MatVariable& variable, const std::vector<std::size_t>& start,
                         const std::vector<std::size_t>& count) const
{
    const Variable info = describe(variable.name);
    check_size(variable, info->data_size);
    // What libmatio leaves out without a word is NaN then.
    const std::size_t bytes = product(count) * Mat_SizeOfClass(info->class_type);
    Raw raw{ info->class_type, std::vector<std::byte>(bytes, std::byte{ 0xff }),
             std::vector<std::byte>(variable.is_complex ? bytes : 0, std::byte{ 0xff }) };
    std::vector<int> first(start.begin(), start.end()), edge(count.begin(), count.end()), stride(count.size(), 1);
    mat_complex_split_t split{ raw.real.data(), raw.imaginary.data() };
    void* target = variable.is_complex ? static_cast<void*>(&split) : raw.real.data();
    // libmatio 1.5.23 leaves elements out of parts of version 5 arrays with four axes: those are read as a line.
    const int failed =
        Mat_GetVersion(file) == MAT_FT_MAT73
            ? Mat_VarReadData(file, info.get(), target, first.data(), stride.data(), edge.data())
            : Mat_VarReadDataLinear(file, info.get(), target, 0, 1, static_cast<int>(product(count)));
    if (failed != 0)
        refuse(variable.name, "is damaged");
    return raw;
}

MatFile::MatFile(const std::string& path) : impl_(std::make_unique<Impl>())
{
    Mat_LogInitFunc("prunedamr", [](int, auto*) {}); // char* or, from 1.5.28 on, const char*
    impl_->path = path;
    if (!is_version73(path))
        check_mat5(path);
#ifdef PRUNEDAMR_HAVE_HDF5
    else
        dataset::check_stored_inside(path);
#endif
    impl_->file = Mat_Open(path.c_str(), MAT_ACC_RDONLY);
    if (!impl_->file || Mat_GetVersion(impl_->file) == MAT_FT_MAT4)
        throw Error({ "not a MAT file, or damaged", path, "", "" });
    std::error_code ignored;
    impl_->file_bytes = static_cast<std::size_t>(std::filesystem::file_size(path, ignored));
    while (const Variable info{ Mat_VarReadNextInfo(impl_->file) }) {
        if (impl_->variables.size() == kMaxVariables)
            throw Error({ "too many variables", path, "", "at most " + std::to_string(kMaxVariables) });
        MatVariable variable;
        variable.name = info->name ? info->name : "";
        variable.kind = kind_of(*info);
        variable.is_complex = info->isComplex != 0;
        if (info->rank > 0 && static_cast<std::size_t>(info->rank) <= kMaxArrayRank && info->dims)
            variable.extents.assign(info->dims, info->dims + info->rank);
        else
            variable.kind = MatVariable::Kind::other;
        impl_->variables.push_back(std::move(variable));
    }
}

MatFile::~MatFile() = default;

const std::vector<MatVariable>& MatFile::variables() const
{
    return impl_->variables;
}

MatSlab MatFile::read(const MatVariable& variable, const std::vector<std::size_t>& start,
                      const std::vector<std::size_t>& count) const
{
    const std::size_t elements = product(count);
    MatSlab slab;
    slab.real.resize(elements);
    slab.imaginary.resize(variable.is_complex ? elements : 0);
    if (elements == 0)
        return slab;
    if (Mat_GetVersion(impl_->file) == MAT_FT_MAT73) {
        const Raw raw = impl_->fetch(variable, start, count);
        raw.copy(0, elements, 0, slab);
        return slab;
    }
    auto whole = impl_->whole.find(variable.name);
    if (whole == impl_->whole.end()) {
        const std::vector<std::size_t> all(count.size(), 0);
        whole = impl_->whole.emplace(variable.name, impl_->fetch(variable, all, variable.extents)).first;
    }
    // Column by column of the first axis, which is contiguous.
    std::vector<std::size_t> at(count.size(), 0);
    for (std::size_t done = 0; done < elements; done += count[0]) {
        std::size_t offset = 0;
        for (std::size_t axis = count.size(); axis-- > 0;)
            offset = offset * variable.extents[axis] + start[axis] + at[axis];
        whole->second.copy(offset, count[0], done, slab);
        for (std::size_t axis = 1; axis < count.size() && ++at[axis] == count[axis]; ++axis)
            at[axis] = 0;
    }
    return slab;
}

std::vector<std::string> MatFile::strings(const MatVariable& variable) const
{
    impl_->check_size(variable, 1);
    const Variable whole(Mat_VarRead(impl_->file, variable.name.c_str()));
    if (!whole)
        impl_->refuse(variable.name, "is damaged");
    if (variable.kind == MatVariable::Kind::text)
        return rows_of(*whole);
    std::vector<std::string> found;
    for (std::size_t i = 0; i < product(variable.extents); ++i) {
        const matvar_t* cell = whole->data ? Mat_VarGetCell(whole.get(), static_cast<int>(i)) : nullptr;
        const std::vector<std::string> rows = cell ? rows_of(*cell) : std::vector<std::string>();
        if (rows.size() != 1)
            impl_->refuse(variable.name, "is not a cell array of strings");
        found.push_back(rows[0]);
    }
    return found;
}

} // namespace prunedamr::formats
