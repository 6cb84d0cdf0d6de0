// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>

namespace prunedamr {

/// Throws `Error` when `path` cannot become a file: its folder is missing or not writable, or it is a folder
/// itself. Ask before long work, so that its result has a place.
void check_writable(const std::string& path);

/// A file that is written under a temporary name in the folder of `path`. `commit()` brings it to the disk and
/// renames it to `path`; without that it is deleted. After a crash or power cut `path` holds either the whole old
/// or the whole new content. A symbolic link at `path` is followed: the file that it points to is replaced, or
/// created. A replaced file passes its permissions on; a new one has those that the umask leaves.
class AtomicFile
{
public:
    explicit AtomicFile(const std::string& path); ///< creates the temporary file; throws as `check_writable` does
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    /// An empty file to write into; its name is unique and ends in the extension of `path`.
    const std::string& temporary() const { return temporary_; }

    /// Once, when the file is written and closed: fsync, rename, fsync of the folder. Throws `Error` when one of
    /// them fails; `path` is as it was unless only the last did.
    void commit();

private:
    std::string path_;
    std::string target_;
    std::string temporary_;
};

/// Writes a file so that either the whole new content or the old file is there, never half of one.
/// `write` receives a temporary name in the same folder; on return the file is renamed to `path`,
/// on an exception the temporary file is removed and the exception goes on.
/// Throws `Error` as `AtomicFile` does.
void write_atomically(const std::string& path, const std::function<void(const std::string& temporary)>& write);

/// The same for content that is already in memory.
void write_text_atomically(const std::string& path, const std::string& content);

/// The whole file as bytes. Throws `Error` when it cannot be opened or read, or is larger than `limit_bytes`.
std::string read_file(const std::string& path, std::size_t limit_bytes = std::size_t{ 1 } << 30);

} // namespace prunedamr
