// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>

namespace prunedamr {

/// Throws `Error` when `path` cannot become a file: its folder is missing or not writable, or it is a folder
/// itself. Ask before long work, so that its result has a place.
void check_writable(const std::string& path);

/// A file that grows under a temporary name in the folder of `path`: `commit` gives it its name, and without that
/// nothing stays. A link at `path` stays a link.
class AtomicFile
{
public:
    explicit AtomicFile(const std::string& path); ///< throws as `check_writable` does
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    /// Nothing is there yet; it ends in the extension of `path`.
    const std::string& temporary() const { return temporary_; }

    /// Once, when the file is written and closed. Throws `Error` when the rename fails.
    void commit();

private:
    std::string path_;
    std::string target_;
    std::string temporary_;
};

/// Writes a file so that either the whole new content or the old file is there, never half of one.
/// `write` receives a temporary name in the same folder; on return the file is renamed to `path`,
/// on an exception the temporary file is removed and the exception goes on.
/// Throws `Error` when the folder is missing or the rename fails.
void write_atomically(const std::string& path, const std::function<void(const std::string& temporary)>& write);

/// The same for content that is already in memory.
void write_text_atomically(const std::string& path, const std::string& content);

/// The whole file as bytes. Throws `Error` when it cannot be opened or read, or is larger than `limit_bytes`.
std::string read_file(const std::string& path, std::size_t limit_bytes = std::size_t{ 1 } << 30);

} // namespace prunedamr
