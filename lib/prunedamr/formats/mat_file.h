// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace prunedamr::formats {

/// A variable of a MAT file. Extents are MATLAB's: the first axis varies fastest.
struct MatVariable {
    enum class Kind { numbers, text, cell, other };
    std::string name;
    Kind kind = Kind::other;
    std::vector<std::size_t> extents;
    bool is_complex = false;

    std::string text() const; ///< "XTrainIQ [2,512,1,252000]"
};

/// A part of a numeric variable, as doubles.
struct MatSlab {
    std::vector<double> real;
    std::vector<double> imaginary; ///< empty when the variable is real
};

/// A MAT file of version 5 (v6, v7) or 7.3, through libmatio, which is kept silent. No variable is read whose
/// claimed size the file could not hold, compressed or not. Throws `Error` naming file and variable.
class MatFile
{
public:
    explicit MatFile(const std::string& path);
    ~MatFile();
    MatFile(const MatFile&) = delete;
    MatFile& operator=(const MatFile&) = delete;

    const std::vector<MatVariable>& variables() const;

    /// Elements start..start + count - 1 along each axis. In version 7.3 only they are read; a variable of version
    /// 5 (2 GiB at most) is read as a whole the first time.
    MatSlab read(const MatVariable& variable, const std::vector<std::size_t>& start,
                 const std::vector<std::size_t>& count) const;

    /// The strings of a cell array, or the rows of a char matrix.
    std::vector<std::string> strings(const MatVariable& variable) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Walks over the structure of a MAT file of version 5 before libmatio does, which believes its lengths: every
/// element lies inside the one around it, every array has the data that its extents ask for (a compressed array of
/// numbers: could have it), nothing but numbers, characters and cells of them. The format is MathWorks' "MAT-File
/// Format", level 5. Throws `Error` naming the byte of the variable.
void check_mat5(const std::string& path);

} // namespace prunedamr::formats
