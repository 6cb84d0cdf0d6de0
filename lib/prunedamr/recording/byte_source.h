// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace prunedamr::recording {

class Notes;

/// The bytes of a file, read at places; those of a compressed one are the bytes inside. One thread at a time.
class ByteSource
{
public:
    explicit ByteSource(std::string path) : path_(std::move(path)) {}
    virtual ~ByteSource() = default;
    ByteSource(const ByteSource&) = delete;
    ByteSource& operator=(const ByteSource&) = delete;

    const std::string& path() const { return path_; }
    virtual std::uint64_t size() const = 0;
    virtual bool is_compressed() const { return false; }

    /// All `count` bytes from `offset`, or an `Error`. Does not allocate where the file is not compressed.
    virtual void read(std::uint64_t offset, void* bytes, std::size_t count) = 0;

    /// The same as a string, at most `limit` long: `size` is checked against the file and the limit first.
    std::string text(std::uint64_t offset, std::uint64_t size, std::size_t limit);

    /// What there is of `count` bytes from `offset`.
    std::string some(std::uint64_t offset, std::size_t count);

private:
    std::string path_;
};

/// A regular file that holds something, as it is. Throws `Error`.
std::unique_ptr<ByteSource> open_file(const std::string& path);

/// The bytes inside of gzip, bzip2, xz and zstd, which are seen by their contents; other bytes themselves. They are
/// decompressed while they are read: once at the opening, as nothing else tells their size, and again from the start
/// when a read goes back. Of what is cut short or damaged that which comes before counts, with a note. Throws `Error`.
std::unique_ptr<ByteSource> decompressed(std::unique_ptr<ByteSource> bytes, Notes& notes);

/// Both at once.
std::unique_ptr<ByteSource> open_bytes(const std::string& path, Notes& notes);

/// `path` without the ending of a compression (".gz" ...).
std::string without_compression(const std::string& path);

/// "gzip" ... of a file that begins with `head`; nullptr when it is not compressed.
const char* compression_of(const std::string& head);

/// A plain file inside a tar archive; its bytes lie together.
struct TarMember {
    std::string name;
    std::uint64_t offset; ///< in the archive
    std::uint64_t size;
};

/// The plain files of an archive in order: POSIX.1-1988 ustar, POSIX.1-2001 pax and GNU. The last one of an archive
/// that is cut short is what there is of it. Throws `Error` for what is no tar and where a header's sum is wrong.
std::vector<TarMember> read_tar(ByteSource& archive, Notes& notes);

} // namespace prunedamr::recording
