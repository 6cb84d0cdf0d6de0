// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/formats/mat_frames.h"

#include "prunedamr/base/deflate.h"
#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace prunedamr::formats {
namespace {

constexpr std::size_t kHeaderBytes = 128;
constexpr std::uint32_t kInt8 = 1, kInt32 = 5, kUint32 = 6, kMatrix = 14, kCompressed = 15;
constexpr std::uint32_t kCell = 1, kChar = 4, kDouble = 6, kUint64 = 15;
constexpr std::uint32_t kComplexFlag = 0x800;
constexpr std::size_t kMaxArrayNameBytes = 256;
constexpr int kMaxDepth = 3;
constexpr std::size_t kPrefixBytes = 4096; // of a compressed array: all before its data
constexpr std::size_t kMaxCellBytes = std::size_t{ 256 } << 20;
constexpr std::uint64_t kMaxFileBytes = std::uint64_t{ 1 } << 36; // libmatio holds what it reads of it, too

struct Element {
    std::uint32_t type = 0;
    std::size_t size = 0;  ///< as its tag claims
    std::string_view data; ///< what there is of it
};

class Walker
{
public:
    Walker(std::string path, bool big_endian) : path_(std::move(path)), big_endian_(big_endian) {}

    void walk(std::string_view file);

private:
    Element take(std::string_view& bytes, std::size_t claimable) const;
    void check_matrix(std::string_view bytes, std::size_t size, int depth) const;
    void check_cells(std::string_view bytes, std::size_t count, int depth) const;
    void check_compressed(std::string_view deflated) const;
    std::uint32_t word(std::string_view bytes, std::size_t at) const;
    [[noreturn]] void refuse(const std::string& problem, const std::string& found = "",
                             const std::string& expected = "") const
    {
        throw Error({ problem, path_ + ": variable at byte " + std::to_string(at_), found, expected });
    }

    std::string path_;
    bool big_endian_;
    std::size_t at_ = 0; ///< of the variable
};

std::uint32_t Walker::word(std::string_view bytes, std::size_t at) const
{
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
        value |= std::uint32_t{ static_cast<unsigned char>(bytes[at + i]) } << (8 * (big_endian_ ? 3 - i : i));
    return value;
}

/// The next element and its padding; it may claim `claimable` bytes, of which `bytes` holds the first ones.
Element Walker::take(std::string_view& bytes, std::size_t claimable) const
{
    if (bytes.size() < 8)
        refuse("variable ends inside a tag");
    Element element;
    element.type = word(bytes, 0);
    std::size_t head = 8;
    if (element.type >> 16 != 0) { // a small element: size, type and data in 8 bytes
        element.size = element.type >> 16;
        element.type &= 0xffff;
        head = 4;
        if (element.size > 4)
            refuse("malformed tag", std::to_string(element.size) + " bytes in a small element", "at most 4");
    } else {
        element.size = word(bytes, 4);
    }
    if (element.size > claimable - std::min(claimable, head))
        refuse("element is longer than what holds it", std::to_string(element.size) + " bytes",
               "at most " + std::to_string(claimable - std::min(claimable, head)));
    element.data = bytes.substr(head, element.size);
    const std::size_t padded =
        element.type == kCompressed ? head + element.size : (head + element.size + 7) / 8 * 8;
    bytes.remove_prefix(std::min(padded, bytes.size()));
    return element;
}

/// The content of a matrix: flags, extents, name, then its data. `bytes` may be only the first ones of `size`.
void Walker::check_matrix(std::string_view bytes, std::size_t size, int depth) const
{
    const std::size_t missing = size - bytes.size();
    const Element flags = take(bytes, bytes.size());
    const Element extents = take(bytes, bytes.size());
    const Element name = take(bytes, bytes.size());
    if (flags.type != kUint32 || flags.data.size() != 8 || extents.type != kInt32 || extents.data.size() % 4 != 0 ||
        extents.data.size() < 8 || extents.data.size() > 4 * kMaxArrayRank || name.type != kInt8 ||
        name.data.size() > kMaxArrayNameBytes)
        refuse("malformed variable");
    const std::uint32_t kind = word(flags.data, 0) & 0xff;
    std::size_t count = 1;
    for (std::size_t at = 0; at < extents.data.size(); at += 4) {
        const std::size_t extent = word(extents.data, at);
        if (extent > 0 && count > size / extent)
            refuse("array is larger than its data", "extent " + std::to_string(extent));
        count *= extent;
    }
    if (kind == kCell)
        return check_cells(bytes, count, depth);
    if (kind != kChar && (kind < kDouble || kind > kUint64))
        refuse("class is not read", std::to_string(kind), "numbers, characters and cells of them");
    const int parts = (word(flags.data, 0) & kComplexFlag) != 0 ? 2 : 1;
    for (int part = 0; part < parts && (part == 0 || missing == 0); ++part)
        if (take(bytes, bytes.size() + missing).size < count)
            refuse("array is larger than its data", std::to_string(count) + " elements");
}

void Walker::check_cells(std::string_view bytes, std::size_t count, int depth) const
{
    if (depth == kMaxDepth)
        refuse("cells are nested too deeply");
    if (count > bytes.size() / 8)
        refuse("array is larger than its data", std::to_string(count) + " cells");
    for (std::size_t i = 0; i < count; ++i) {
        const Element cell = take(bytes, bytes.size());
        if (cell.type != kMatrix)
            refuse("malformed cell");
        if (cell.size > 0)
            check_matrix(cell.data, cell.size, depth + 1);
    }
}

void Walker::check_compressed(std::string_view deflated) const
{
    std::string inflated = inflated_prefix(deflated, kPrefixBytes);
    std::string_view bytes = inflated;
    const std::size_t claimable = deflated.size() * kMaxDeflateRatio + 64;
    Element matrix = take(bytes, claimable);
    if (matrix.type != kMatrix || matrix.data.size() < 16)
        refuse("malformed variable");
    // Cells are checked one by one, so all of them are needed.
    const bool cells = (word(matrix.data, 8) & 0xff) == kCell;
    if (cells && matrix.data.size() < matrix.size) {
        inflated = inflated_prefix(deflated, kMaxCellBytes);
        bytes = inflated;
        matrix = take(bytes, claimable);
    }
    if (matrix.data.size() < std::min(matrix.size, cells ? matrix.size : kPrefixBytes - 8))
        refuse("compressed variable is damaged or too large");
    check_matrix(matrix.data, matrix.size, 0);
}

void Walker::walk(std::string_view file)
{
    std::string_view rest = file.substr(kHeaderBytes);
    while (!rest.empty()) {
        at_ = file.size() - rest.size();
        const Element variable = take(rest, rest.size());
        if (variable.type == kCompressed)
            check_compressed(variable.data);
        else if (variable.type == kMatrix)
            check_matrix(variable.data, variable.size, 0);
        else
            refuse("neither an array nor a compressed one", "type " + std::to_string(variable.type));
    }
}

} // namespace

void check_mat5(const std::string& path)
{
    const std::string file = InputFile(path, "a MAT file").read_all(kMaxFileBytes);
    const std::string_view bytes(file);
    if (bytes.size() < kHeaderBytes)
        throw Error(
            { "not a MAT file, or damaged", path, std::to_string(bytes.size()) + " bytes", "at least 128" });
    Walker(path, bytes.substr(126, 2) == "MI").walk(bytes);
}

} // namespace prunedamr::formats
