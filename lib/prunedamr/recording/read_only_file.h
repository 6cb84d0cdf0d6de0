// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace prunedamr::recording {

/// A file that is read at places; closed at the end.
class ReadOnlyFile
{
public:
    explicit ReadOnlyFile(std::string path); ///< throws `Error` when it cannot be opened
    ~ReadOnlyFile();
    ReadOnlyFile(const ReadOnlyFile&) = delete;
    ReadOnlyFile& operator=(const ReadOnlyFile&) = delete;

    const std::string& path() const { return path_; }
    std::uint64_t size() const;

    /// All `count` bytes from `offset`, or an `Error`. Does not allocate.
    void read(std::uint64_t offset, void* bytes, std::size_t count) const;

    /// The same as a string, at most `limit` long: `size` is checked against the file and the limit first.
    std::string text(std::uint64_t offset, std::uint64_t size, std::size_t limit) const;

private:
    std::string path_;
    int file_;
};

} // namespace prunedamr::recording
